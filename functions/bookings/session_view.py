"""View-model of a session, for pages and JSON."""

from dataclasses import dataclass
from typing import Self

from shared.bookings.model.session import Session
from shared.content.content import Content
from shared.local_time import iso

JSON_FIELDS = (
    *("id", "title", "theme", "description", "facilitator", "programme", "place", "online"),
    *("starts", "ends", "when", "places_left"),
)
"""The fields of a session in JSON."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session in words, without its joining link and its note.

    `place` is the usual one where `has_own_place` is false. `online`: people join it by a link. `also_online`: that is
    to be said beside its place. `programme` is "" where there is only one.
    """

    id: str
    title: str
    theme: str
    description: str
    facilitator: str
    place: str
    has_own_place: bool
    online: bool
    also_online: bool
    starts: str
    ends: str
    when: str
    places_left: int | None
    waiting_list: bool
    programme: str = ""

    @classmethod
    def of(
        cls, session: Session, content: Content, places_left: int | None = None, *, waiting_list: bool = False
    ) -> Self:
        groups = content.groups.of(session.programme)
        return cls(
            id=session.id,
            title=session.title or groups.session_title,
            theme=session.theme or groups.open_theme,
            description=session.description,
            facilitator=session.facilitator,
            place=session.place or groups.place,
            has_own_place=bool(session.place),
            online=session.is_online,
            also_online=session.is_also_online,
            starts=iso(session.starts),
            ends=iso(session.ends),
            when=content.dates.span(session.starts, session.ends),
            places_left=places_left,
            waiting_list=waiting_list,
            programme=(session.programme or groups.programme_names[0]) if groups.programmes else "",
        )

    @property
    def joins_waiting_list(self) -> bool:
        """True if a new booking would join the waiting list."""
        return not self.places_left and self.waiting_list

    @property
    def can_be_chosen(self) -> bool:
        return bool(self.places_left) or self.joins_waiting_list

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in JSON_FIELDS}
