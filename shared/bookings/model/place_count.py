"""The places taken in one session, as lists of sessions count them: no names, no addresses."""

from dataclasses import dataclass

from shared.bookings.model.attendee import Attendee


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """The part of a `Roster` that counts: places held, those who wait, and who holds one with an address to be proved.

    `listed` and `behind_the_list` are as those of a `Roster`.

    Of the attendees only what decides about a newcomer is known.
    """

    held: int
    waiting: tuple[Attendee, ...]
    unproven_held: tuple[Attendee, ...] = ()
    behind_the_list: tuple[Attendee, ...] = ()
    listed: int = 0
