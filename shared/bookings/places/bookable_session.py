"""A session as someone who may book it sees it."""

from dataclasses import dataclass

from shared.bookings.model.session import Session


@dataclass(frozen=True, slots=True)
class BookableSession:
    """A session that takes bookings, how many places are left for someone new, and whether one may wait for one."""

    session: Session
    places_left: int
    waiting_list: bool = False
