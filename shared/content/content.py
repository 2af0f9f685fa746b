"""The content file of one trust and one provider: names, copy, languages and contacts, in TOML."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.content.agreement import agreed_part
from shared.content.content_models import (
    Article,
    BankHolidays,
    ClosedPages,
    ContentModel,
    HelpLine,
    HelpNow,
    Link,
    Resources,
    Security,
    Start,
    WhoSees,
)
from shared.content.form_checks import problems
from shared.content.language.in_language import InLanguage
from shared.content.language.language_file import read_content_file
from shared.content.question import FormQuestion, Language, QuestionPage
from shared.content.referral_record import MAX_RECORD_BYTES, record_size
from shared.local_time import WorkingDays
from shared.wording.sentences import sentence

PhoneText = Annotated[str, Field(pattern=r"^[+0-9][0-9 ]{5,20}$")]
EmailText = Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$")]


class ContentError(Exception):
    """The content file is missing, or lacks content that the pages and emails need."""


class Organisation(ContentModel):
    """The trust: `name` and `descriptor` as its logo shows them ("... NHS Foundation Trust")."""

    name: str
    descriptor: str


class Provider(ContentModel):
    """The organisation that runs the sessions and the therapy; `email` takes referrals made without this service."""

    name: str
    short_name: str
    email: str


class Operators(ContentModel):
    """The people who run the service, for someone at the provider who cannot open a referral.

    `name` stands in a sentence: "call NAME on PHONE". There is a `phone` number, an `email` address or both.
    """

    name: str
    phone: PhoneText | None = None
    email: EmailText | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not (self.phone or self.email):
            raise PydanticCustomError("question", "{found}", {"found": sentence("content.no-way-to-reach")})
        return self


class GroupsContact(ContentModel):
    """The team that people ask about a booking, and when; `reply_within` counts working days, None until it is agreed.

    `team` stands in a sentence: "contact TEAM".
    """

    team: str
    email: EmailText
    phone: PhoneText
    hours: str
    reply_within: Annotated[int, Field(ge=1, le=60)] | None = None


class Groups(ContentModel):
    """Copy for group sessions; `open_theme` is the theme shown for a session without one."""

    name: str
    summary: str
    about: tuple[str, ...]
    open_theme: str
    place: str
    session_title: str
    agreement: str
    contact: GroupsContact


class OtherSupport(ContentModel):
    """Support elsewhere, for people who are not eligible for one-to-one sessions."""

    name: str
    how: str


class TimeAwayNote(ContentModel):
    """A page to print and show to a manager: `title` and the sentences of the note, with gaps to fill in by hand."""

    title: str
    text: Annotated[tuple[str, ...], Field(min_length=1)]


class OneToOne(ContentModel):
    """Copy and questions for one-to-one referrals.

    `assurances` are the facts to know before the first button: who is told, and who is not. `time_away_note` is a note
    to show to a manager, which does not say what the time is for. `consent` is shown beside the box and
    `consent_version` stored with each referral; `consent_facts` is what a person should know before agreeing. `direct`
    tells how to contact the provider without this service, and `own_form` links to the provider's own form. After
    `reply_weekdays` working days without a reply a person should ask.
    """

    name: str
    summary: str
    assurances: Annotated[tuple[str, ...], Field(min_length=1)]
    about: tuple[str, ...]
    for_whom: tuple[str, ...]
    time_away_note: TimeAwayNote | None = None
    minutes: Annotated[int, Field(ge=1)]
    direct: str
    own_form: Link | None = None
    reply: str
    reading_hours: str | None = None
    reply_weekdays: Annotated[int, Field(ge=1, le=60)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    pages: Annotated[tuple[QuestionPage, ...], Field(min_length=1)]
    not_for_you: str
    other_support: Annotated[tuple[OtherSupport, ...], Field(min_length=1)]
    consent: str
    consent_version: str
    consent_facts: tuple[str, ...]

    @property
    def questions(self) -> tuple[FormQuestion, ...]:
        """Every question of the form, in order."""
        return tuple(each for page in self.pages for each in page.questions)

    @property
    def asked(self) -> frozenset[str]:
        """The names of the questions of the form."""
        return frozenset(each.ask for each in self.questions)

    @property
    def record_size(self) -> int:
        """Bytes to which every record of this form is padded before it is sealed."""
        return record_size(self.questions, self.languages, self.consent_version, self.consent)

    @model_validator(mode="after")
    def _works(self) -> Self:
        found = problems(self.pages)
        if self.record_size > MAX_RECORD_BYTES:
            found.append(sentence("content.record-too-long", size=self.record_size, most=MAX_RECORD_BYTES))
        if found:
            raise PydanticCustomError("question", "{found}", {"found": "; ".join(found)})
        return self


class Mails(ContentModel):
    """Copy for emails and calendar entries. Others may see all of it, so none of it names the subject of a session.

    `calendar_place` is where an entry says that the session is, and `calendar_text` stands before the link in it that
    opens the booking.
    """

    subject_name: str
    sign_off: str
    calendar_place: str
    calendar_text: str


class Content(InLanguage):
    """The content of one trust and one provider."""

    service_name: str
    organisation: Organisation
    provider: Provider
    operators: Operators
    groups: Groups
    one_to_one: OneToOne
    mails: Mails
    urgent_help: tuple[HelpLine, ...] = Field(min_length=1)
    start: Start
    who_sees: WhoSees
    resources: Resources
    help_now: HelpNow
    privacy: Article
    accessibility: Article
    cookies: Article
    closed: ClosedPages
    security: Security
    bank_holidays: BankHolidays
    in_your_language: Article

    @property
    def working_days(self) -> WorkingDays:
        return WorkingDays(frozenset(self.bank_holidays.days))


def load_content(path: Path, *, to_check: bool = False) -> Content:
    """Reads and validates the content file of one trust, with those of other languages beside it.

    What is still to be agreed is left out. One in another language than English is good for a site once its file says
    who checked it, and when; `to_check` is for those who do.

    Raises:
        ContentError: the file cannot be read or a part is missing; the message names each part, never its text.
    """
    try:
        content = Content.model_validate(agreed_part(read_content_file(path, Content.model_fields)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"the content file cannot be read: {type(error).__name__}") from error
    except ValidationError as error:
        parts = sorted({_part(each) for each in error.errors(include_input=False)})
        raise ContentError(f"missing or invalid values in the content file: {', '.join(parts)}") from None
    if not (content.is_checked or to_check):
        raise ContentError("no one has checked this language: the content file has no checked_by and checked_on")
    return content


def _part(error: ErrorDetails) -> str:
    """Returns the place of a problem, with the reason only if the message is our own, which quotes no copy."""
    place = ".".join(map(str, error["loc"]))
    return f"{place} ({error['msg']})" if error["type"] == "question" else place
