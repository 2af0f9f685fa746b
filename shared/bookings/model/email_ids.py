"""Ids of the emails of a session. An id says what the email is about, so one id is one email and is sent once."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.bookings.model.attendee import Attendee, AttendeeState

FACILITATOR_MAIL_PREFIX = "facilitators-"
"""Start of the ids of emails to those who run a session: they are about no attendee."""

_STAMP = "%Y%m%dT%H%MZ"


class MailKind(StrEnum):
    """Kinds of email to an attendee."""

    PROVE = "prove"
    HOLD_LOST = "unheld"
    CONFIRMATION = "confirmation"
    CHECKING = "checking"
    WAITING = "waiting"
    REMINDER = "reminder"
    ALREADY_BOOKED = "again"
    UPDATED = "updated"
    SESSION_CANCELLED = "cancelled"
    BOOKING_CANCELLED = "gone"
    HOLD_EXPIRED = "released"
    CUTOFF = "cutoff"
    NOT_PLACED = "unplaced"
    FEEDBACK = "feedback"


INCLUDES_SESSION_DETAILS = frozenset(
    {
        MailKind.PROVE,
        MailKind.HOLD_LOST,
        MailKind.CONFIRMATION,
        MailKind.CHECKING,
        MailKind.WAITING,
        MailKind.UPDATED,
        MailKind.SESSION_CANCELLED,
    }
)
"""The kinds after which someone knows the session as it stood when the email was written."""

KIND_BY_STATE = {
    AttendeeState.WAITING: MailKind.WAITING,
    AttendeeState.TO_CHECK: MailKind.CHECKING,
    AttendeeState.CONFIRMED: MailKind.CONFIRMATION,
}
"""The email that says where someone stands, from the least to a place for certain."""

_SHAPE = re.compile(rf"(?P<attendee>.+)-(?P<generation>\d+)-(?P<kind>{'|'.join(MailKind)})(?:-(?P<about>.+))?")


@dataclass(frozen=True, slots=True)
class MailId:
    """One email to one attendee: `about` is what a reminder is of, when someone asked, or the session's version."""

    attendee: str
    generation: int
    kind: MailKind
    about: str = ""

    def __str__(self) -> str:
        tail = f"-{self.about}" if self.about else ""
        return f"{self.attendee}-{self.generation}-{self.kind}{tail}"

    @classmethod
    def to(cls, attendee: Attendee, kind: MailKind, about: str = "") -> Self:
        """The id of an email to an attendee in their present generation."""
        return cls(attendee.key, attendee.generation, kind, about)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The id that `text` spells, or None: a queue can hold anything."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            return None
        return cls(match["attendee"], int(match["generation"]), MailKind(match["kind"]), match["about"] or "")

    def operation_id(self, session_id: str) -> UUID:
        """The same for every attempt, so the email service can be asked whether it has this email already."""
        return uuid5(NAMESPACE_URL, f"mail:{session_id}/{self}")


@dataclass(frozen=True, slots=True)
class DueMail:
    """One email to hand over now, as a queue names it."""

    session_id: str
    mail_id: str


def stamp(moment: datetime) -> str:
    """A moment as it stands in an email id: 20230908T1400Z."""
    return moment.astimezone(UTC).strftime(_STAMP)


def reminder_about(offset: str, starts: datetime) -> str:
    """The `about` of a reminder: with the start in it, because a session that moves is owed new ones."""
    return f"{offset}-{stamp(starts)}"
