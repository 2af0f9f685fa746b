"""What one trust and one provider say: names, copy, languages and contacts, read from one TOML file."""

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from shared.articles import Article, ClosedPages, HelpLine, HelpNow, Part, Resources, Start


class ContentError(Exception):
    """The content file is missing or does not say what the pages and mails need."""


class Organisation(Part):
    """The trust: `name` and `descriptor` as its logo shows them ("... NHS Foundation Trust")."""

    name: str
    descriptor: str


class Provider(Part):
    """Who facilitates the sessions and gives the therapy; `email` takes referrals sent without this service."""

    name: str
    short_name: str
    email: str


class Groups(Part):
    """Copy for group sessions; `open_theme` is what a session without a theme is called."""

    name: str
    summary: str
    about: tuple[str, ...]
    open_theme: str
    place: str
    session_title: str
    agreement: str
    adjustments_readers: str


class OneToOne(Part):
    """Copy for one-to-one referrals; `consent` is shown beside the box and `consent_version` stored with each one."""

    name: str
    summary: str
    about: tuple[str, ...]
    languages: tuple[str, ...] = Field(min_length=1)
    consent: str
    consent_version: str
    reply: str


class Mails(Part):
    """Copy for mails. Subjects and sign-off are read over shoulders: nothing in them names the subject of a session."""

    subject_name: str
    sign_off: str


class Content(Part):
    """One trust's and one provider's copy."""

    service_name: str
    organisation: Organisation
    provider: Provider
    groups: Groups
    one_to_one: OneToOne
    mails: Mails
    urgent_help: tuple[HelpLine, ...] = Field(min_length=1)
    start: Start
    resources: Resources
    help_now: HelpNow
    privacy: Article
    accessibility: Article
    cookies: Article
    closed: ClosedPages


def load_content(path: Path) -> Content:
    """Reads the file of one trust.

    Raises:
        ContentError: the file cannot be read or a part is missing; the message names each part, never its text.
    """
    try:
        return Content.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"the content file cannot be read: {type(error).__name__}") from error
    except ValidationError as error:
        parts = sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)})
        raise ContentError(f"the content file lacks or misstates: {', '.join(parts)}") from None
