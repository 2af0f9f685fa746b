"""The parts that a trust's pages to read are made of: sections, links, cards for urgent help, things to download."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Address = Annotated[str, Field(pattern=r"^(https://|tel:|sms:|mailto:|/)\S+$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ContentModel(BaseModel):
    """A part of the copy. Blank text is an error, and so is a name that no part has."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=1)


class Link(ContentModel):
    """Where a page sends people: another site, a phone number, a mailbox, or a page of this service."""

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
    """A page to read."""

    title: str
    lede: str
    sections: tuple[Section, ...] = Field(min_length=1)


class Start(ContentModel):
    """The start page around the two kinds of support; `..._seen_by` says who sees what somebody enters for each.

    `sections` stand before them, where nobody starts without having passed them, and `background` after them.
    """

    lede: str
    sections: tuple[Section, ...] = ()
    groups_seen_by: str
    one_to_one_seen_by: str
    background: tuple[Section, ...] = ()


class Resource(ContentModel):
    """Something to watch, read or download: a link, or a file beside the content file; with neither it is not shown."""

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
    """The page of resources; `prompts` is a page of questions to read and print, absent where there are none."""

    title: str
    lede: str
    items: tuple[Resource, ...] = ()
    prompts: Article | None = None


class HelpLine(ContentModel):
    """One place to turn to at once, in a sentence; `checked_on` is the day on which somebody last tried it."""

    name: str
    how: str
    checked_on: date


class HelpCard(Section):
    """One card of the page for urgent help; `level` decides its colour."""

    level: Literal["emergency", "urgent", "non-urgent"]
    checked_on: date


class HelpNow(ContentModel):
    """The page for urgent help: cards by urgency, then whatever else there is for these readers."""

    title: str
    lede: str
    cards: tuple[HelpCard, ...] = Field(min_length=1)
    sections: tuple[Section, ...] = ()

    @property
    def checked(self) -> str:
        """The day since which not every card has been checked, in words: 22 November 2026."""
        oldest = min(card.checked_on for card in self.cards)
        return f"{oldest.day} {oldest:%B %Y}"


class Closed(ContentModel):
    """What a kind of support says while it is closed."""

    title: str
    text: tuple[str, ...]


class ClosedPages(ContentModel):
    """The two kinds of support, each while it is closed."""

    bookings: Closed
    one_to_one: Closed
