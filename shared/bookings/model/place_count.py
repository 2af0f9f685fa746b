"""The places taken in one session, as lists of sessions count them: no names, no addresses."""

from dataclasses import dataclass

from shared.bookings.model.attendee import Attendee


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """The part of a `Roster` that counts: places held, and those who wait, of whom only `needs_check` is known."""

    held: int
    waiting: tuple[Attendee, ...]
