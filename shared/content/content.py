"""The content file of one trust and one provider: names, copy, languages and contacts, in TOML."""

import tomllib
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.content.agreement import agreed_part
from shared.content.content_models import (
    Article,
    BankHolidays,
    ClosedPages,
    ContentModel,
    EmailText,
    HelpLine,
    HelpNow,
    PhoneText,
    Region,
    Resources,
    Security,
    Start,
    WhoSees,
)
from shared.content.groups import Groups
from shared.content.language.in_language import InLanguage
from shared.content.language.language_file import read_content_file
from shared.content.look import Look
from shared.content.one_to_one import OneToOne
from shared.installation.facts import USUAL_MINUTES, Installation
from shared.local_time import WorkingDays
from shared.wording.sentences import sentence


class ContentError(Exception):
    """The content file is missing, or lacks content that the pages and emails need."""


class NotOfferedError(LookupError):
    """Copy was asked for that belongs to a kind of support which this installation does not offer."""


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
    """The content of one organisation and one provider; a kind of support that has no table is not offered at all."""

    model_config = ConfigDict(serialize_by_alias=True)

    service_name: str
    organisation: Organisation
    provider: Provider
    operators: Operators
    group_sessions: Groups | None = Field(None, alias="groups")
    one_to_one_sessions: OneToOne | None = Field(None, alias="one_to_one")
    mails: Mails
    urgent_help: tuple[HelpLine, ...] = Field(min_length=1)
    start: Start
    who_sees: WhoSees
    resources: Resources
    help_now: HelpNow
    privacy: Article
    accessibility: Article
    cookies: Article
    closed: ClosedPages = ClosedPages()
    security: Security
    bank_holidays: BankHolidays
    region: Region = Region()
    look: Look = Look()
    in_your_language: Article

    @property
    def working_days(self) -> WorkingDays:
        return WorkingDays(frozenset(self.bank_holidays.days))

    @property
    def installation(self) -> Installation:
        """Facts that the whole process goes by."""
        return Installation(
            zone=ZoneInfo(self.region.time_zone),
            phone_region=self.region.phone_country,
            session_minutes=self.groups.minutes if self.has_groups else USUAL_MINUTES,
            programmes=self.groups.programme_names if self.has_groups else (),
        )

    @property
    def has_groups(self) -> bool:
        """True if group sessions are offered."""
        return self.group_sessions is not None

    @property
    def has_one_to_one(self) -> bool:
        """True if one-to-one sessions are offered."""
        return self.one_to_one_sessions is not None

    @property
    def groups(self) -> Groups:
        """The copy about group sessions.

        Raises:
            NotOfferedError: there are none.
        """
        if self.group_sessions is None:
            raise NotOfferedError("groups")
        return self.group_sessions

    @property
    def one_to_one(self) -> OneToOne:
        """The copy and the form of one-to-one sessions.

        Raises:
            NotOfferedError: there are none.
        """
        if self.one_to_one_sessions is None:
            raise NotOfferedError("one_to_one")
        return self.one_to_one_sessions

    def of_programme(self, name: str) -> Self:
        """Returns the content as pages and emails about a session of that programme show it; "" is the first one."""
        found = next((each for each in self.groups.programmes if each.name == name), None)
        if found is None:
            return self
        own = {"subject_name": found.subject_name, "calendar_place": found.calendar_place}
        mails = self.mails.model_copy(update={key: value for key, value in own.items() if value is not None})
        return self.model_copy(update={"group_sessions": self.groups.of(name), "mails": mails})

    @classmethod
    def keys(cls) -> frozenset[str]:
        """Returns the names of the keys and tables of a content file."""
        return frozenset(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="after")
    def _says_what_it_offers(self) -> Self:
        kinds = {
            "groups": (self.has_groups, self.start.groups_seen_by, self.closed.bookings),
            "one_to_one": (self.has_one_to_one, self.start.one_to_one_seen_by, self.closed.one_to_one),
        }
        lacking = [kind for kind, (is_offered, *copy) in kinds.items() if is_offered and not all(copy)]
        found = [sentence("content.kind-needs", kind=kind) for kind in lacking]
        if not (self.has_groups or self.has_one_to_one):
            found.append(sentence("content.no-kind"))
        if found:
            raise PydanticCustomError("question", "{found}", {"found": "; ".join(found)})
        return self


def load_content(path: Path, *, to_check: bool = False) -> Content:
    """Reads and validates the content file of one trust, with those of other languages beside it.

    What is still to be agreed is left out. One in another language than English is good for a site once its file says
    who checked it, and when; `to_check` is for those who do.

    Raises:
        ContentError: the file cannot be read or a part is missing; the message names each part, never its text.
    """
    try:
        content = Content.model_validate(agreed_part(read_content_file(path, Content.keys())))
    except (
        OSError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        RecursionError,
    ) as error:  # the last: it nests too far
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
