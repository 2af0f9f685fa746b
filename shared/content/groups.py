"""The copy about group sessions, and whom people ask about a booking."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.content.content_models import ContentModel, EmailText, PhoneText
from shared.installation.facts import USUAL_MINUTES
from shared.wording.sentences import sentence


class GroupsContact(ContentModel):
    """The team that people ask about a booking, and when; `reply_within` counts working days, None until it is agreed.

    `team` stands in a sentence: "contact TEAM".
    """

    team: str
    email: EmailText
    phone: PhoneText
    hours: str
    reply_within: Annotated[int, Field(ge=1, le=60)] | None = None


class Programme(ContentModel):
    """A further programme of group sessions, as the column `Programme` names it. What it leaves out is that of all."""

    name: Annotated[str, Field(max_length=100)]
    summary: str
    about: tuple[str, ...] | None = None
    open_theme: str | None = None
    place: str | None = None
    session_title: str | None = None
    agreement: str | None = None
    contact: GroupsContact | None = None
    subject_name: str | None = None
    calendar_place: str | None = None

    @property
    def own_copy(self) -> dict[str, Any]:
        """The copy about its sessions that it has itself, by the names of `Groups`."""
        return {name: value for name in _OF_SESSIONS if (value := getattr(self, name)) is not None}


_OF_SESSIONS = ("summary", "about", "open_theme", "place", "session_title", "agreement", "contact")


class Groups(ContentModel):
    """Copy for group sessions; `open_theme` is the theme shown for a session without one.

    A session whose row names no length takes `minutes`, and one whose row names no programme has the copy here:
    it is of the `first_programme`, which is called as all of them are unless it has a name of its own.
    """

    name: str
    summary: str
    about: tuple[str, ...]
    open_theme: str
    place: str
    session_title: str
    minutes: Annotated[int, Field(ge=1, le=1_440)] = USUAL_MINUTES
    agreement: str
    contact: GroupsContact
    first_programme: str | None = None
    programmes: tuple[Programme, ...] = ()

    @property
    def programme_names(self) -> tuple[str, ...]:
        """The names that a session's row may have, the one that it has without a name first."""
        return (self.first_programme or self.name, *(each.name for each in self.programmes))

    def of(self, programme: str) -> Self:
        """Returns the copy about sessions of a programme, under the name of all; this copy for one that is not here."""
        found = next((each for each in self.programmes if each.name == programme), None)
        return self.model_copy(update=found.own_copy) if found else self

    @property
    def by_programme(self) -> tuple[tuple[str, Self], ...]:
        """The name and the copy of each programme, the first with the sessions whose rows name none."""
        return tuple((name, self.of(name)) for name in self.programme_names)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len({name.casefold() for name in self.programme_names}) < len(self.programme_names):
            raise PydanticCustomError("question", "{found}", {"found": sentence("content.programme-twice")})
        return self
