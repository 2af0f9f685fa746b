"""Building blocks of content pages: sections, links, cards for urgent help, resources to download."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.wording.sentences import sentence

Address = Annotated[str, Field(pattern=r"^(https://|tel:|sms:|mailto:|/)\S+$")]
ReportAddress = Annotated[str, Field(pattern=r"^(https://|mailto:|tel:)\S+$")]
LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PhoneText = Annotated[str, Field(pattern=r"^[+0-9][0-9 ]{5,20}$")]
EmailText = Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$")]

_SECURITY_GOOD_FOR = timedelta(days=364)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("question", "{found}", {"found": sentence("content.no-such-zone")}) from None
    return name


class ContentModel(BaseModel):
    """A part of the content. Blank text and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=1)


class Link(ContentModel):
    """A link to another site, a phone number, a mailbox, or a page of this service."""

    text: str
    url: Address


class Section(ContentModel):
    """One part of a page: its heading, paragraphs, a list, paragraphs after the list, and links."""

    heading: str
    text: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Article(ContentModel):
    """A content page."""

    title: str
    lede: str
    sections: tuple[Section, ...] = Field(min_length=1)


class Start(ContentModel):
    """The start page around the two kinds of support; `..._seen_by` states who sees what someone enters for each.

    A kind that is offered has one. `sections` come after them and after who can see what, and `background` after those.
    """

    lede: str
    sections: tuple[Section, ...] = ()
    groups_seen_by: str = ""
    one_to_one_seen_by: str = ""
    background: tuple[Section, ...] = ()


class ManagerSees(ContentModel):
    """The row of the table about a person's manager, in each kind of support that is offered."""

    group: str = ""
    form: str = ""


class WhoSees(ContentModel):
    """The page on who can see what; `facts` are what people agreed beside what the service does by itself."""

    title: str
    lede: str
    facts: tuple[str, ...] = ()
    manager: ManagerSees | None = None


class Resource(ContentModel):
    """A resource to watch, read or download: a link, or a file beside the content file; else it is elsewhere."""

    name: str
    about: str
    url: Address | None = None
    file: FileName | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.url and self.file:
            raise ValueError("has both a link and a file")
        return self


class Resources(ContentModel):
    """The resources page; `prompts` is an optional page of questions to read and print.

    `elsewhere` is where to find what has neither a link nor a file yet; without it such resources are hidden.
    """

    title: str
    lede: str
    items: tuple[Resource, ...] = ()
    elsewhere: Link | None = None
    prompts: Article | None = None


class HelpLine(ContentModel):
    """One source of urgent help, in a sentence; `checked_on` is the day on which someone last tried it."""

    name: str
    how: str
    checked_on: date


class HelpCard(Section):
    """One card of the urgent help page; `level` decides its colour."""

    level: Literal["emergency", "urgent", "non-urgent"]
    checked_on: date


class HelpNow(ContentModel):
    """The urgent help page: cards by urgency, then sections with other help."""

    title: str
    lede: str
    cards: tuple[HelpCard, ...] = Field(min_length=1)
    sections: tuple[Section, ...] = ()

    @property
    def checked(self) -> date:
        """The earliest day on which a card was last checked."""
        return min(card.checked_on for card in self.cards)


class Security(ContentModel):
    """Whom to tell of a weakness of the service, in which languages; `checked_on` is when someone last made sure."""

    contacts: tuple[ReportAddress, ...] = Field(min_length=1)
    languages: tuple[LanguageTag, ...] = Field(min_length=1)
    checked_on: date

    @property
    def expires(self) -> date:
        """The day from whose start, in UTC, nobody should go by it: less than a year away (RFC 9116, 2.5.5)."""
        return self.checked_on + _SECURITY_GOOD_FOR


class BankHolidays(ContentModel):
    """Days that are no working days, whatever day of the week; all are listed until the end of `known_until`."""

    days: Annotated[tuple[date, ...], Field(min_length=1)]
    known_until: date

    @model_validator(mode="after")
    def _are_known(self) -> Self:
        if max(self.days) > self.known_until:
            raise PydanticCustomError("question", "{found}", {"found": sentence("content.days-after-known")})
        return self


class Region(ContentModel):
    """The place where people read the clocks and dial: London's, unless the file says otherwise.

    `time_zone` is a name of the IANA time zone database, and `times` how people call its time, in a sentence;
    `phone_country` is the country (ISO 3166) of phone numbers without a country's code.
    """

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/London"
    times: str = "UK time"
    phone_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "GB"


class Closed(ContentModel):
    """The page of a kind of support while it is closed."""

    title: str
    text: tuple[str, ...]


class ClosedPages(ContentModel):
    """The pages of the kinds of support while they are closed; each that is offered has one."""

    bookings: Closed | None = None
    one_to_one: Closed | None = None
