"""Sessions, the people on their rosters, and the rules of who gets a place. No clock, no storage, no HTTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.bookings.errors import SessionClosedError, SessionFullError, SessionPastError
from shared.bookings.reminders import Offset
from shared.contact import Agreed, EmailAddress, FullName, SubmissionId, YesOrNo, free_text

ADJUSTMENTS_LENGTH = 500


class SessionState(StrEnum):
    """What administrators say of a session; only `open` takes bookings."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class AttendeeState(StrEnum):
    """Where somebody on a roster stands. The first two hold a place."""

    CONFIRMED = "confirmed"
    TO_CHECK = "to-check"
    WAITING = "waiting"
    CANCELLED = "cancelled"


HOLDS_A_PLACE = frozenset({AttendeeState.CONFIRMED, AttendeeState.TO_CHECK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One dated session: `starts` in UTC; `join_url` is for attendees only; `theme` is empty for an open session."""

    id: str
    starts: datetime
    minutes: int
    capacity: int
    title: str
    theme: str
    join_url: str
    state: SessionState
    reminders: tuple[Offset, ...]

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends

    def takes_bookings(self, now: datetime) -> bool:
        return self.state is SessionState.OPEN and now < self.starts

    def check_takes_bookings(self, now: datetime) -> None:
        """Returns if a place may be asked for at this moment.

        Raises:
            SessionPastError: it has started.
            SessionClosedError: it is a draft, closed or cancelled.
        """
        if now >= self.starts:
            raise SessionPastError(self.id)
        if self.state is not SessionState.OPEN:
            raise SessionClosedError(self.id)

    def check_has_place(self, held: int) -> None:
        """Returns if one more fits beside the `held` places.

        Raises:
            SessionFullError: none is left.
        """
        if held >= self.capacity:
            raise SessionFullError(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """One row of a roster. `key` is its row key; `generation` rises each time the person books again."""

    key: str
    reference: str
    state: AttendeeState
    name: str
    email: str
    adjustments: str
    share_adjustments: bool
    reminders: bool
    booked_at: datetime
    generation: int
    submission: str
    asked_again_at: datetime | None
    mail: str
    etag: str

    @property
    def holds_a_place(self) -> bool:
        return self.state in HOLDS_A_PLACE

    @property
    def is_live(self) -> bool:
        return self.state is not AttendeeState.CANCELLED


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody on one session's list, and the guard's ETag when they were read ("" where nobody booked yet)."""

    attendees: tuple[Attendee, ...]
    guard: str

    @property
    def held(self) -> int:
        """How many places are taken: counted every time, because a stored counter drifts."""
        return sum(attendee.holds_a_place for attendee in self.attendees)

    def find(self, key: str) -> Attendee | None:
        return next((attendee for attendee in self.attendees if attendee.key == key), None)

    def with_placed(self, attendee: Attendee, guard: str) -> "Roster":
        others = tuple(other for other in self.attendees if other.key != attendee.key)
        return Roster((*others, attendee), guard)


class BookingRequest(BaseModel):
    """What somebody asks for when booking a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: Annotated[str, Field(min_length=1)]
    full_name: FullName
    email: EmailAddress
    group_agreement: Agreed
    adjustments: Annotated[str, free_text(ADJUSTMENTS_LENGTH, "Adjustments")] = ""
    share_adjustments: YesOrNo = False
    reminders: YesOrNo = True
    submission_id: SubmissionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The answer to a booking. `mail_id` is the mail that this booking made due, if any."""

    session: Session
    reference: str
    state: AttendeeState
    mail_id: str | None
