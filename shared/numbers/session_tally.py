"""The counts of one session that took place, from which the numbers of its month are made."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.numbers.periods import Month
from shared.numbers.suppression import MonthCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterTally:
    """Counts of a roster. `marked` is how many are marked as having come; None where nobody is marked."""

    booked: int
    cancelled: int
    waited: int
    marked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTally:
    """One session. `roster` is None if its bookings were deleted before they were counted; `attended` if not known."""

    session_id: str
    month: Month
    places: int
    attended: int | None
    roster: RosterTally | None


def month_counts(tallies: Iterable[SessionTally]) -> MonthCounts | None:
    """Returns the sums of a month; None where a session of it cannot be counted any more."""
    sessions = list(tallies)
    rosters = [each.roster for each in sessions if each.roster is not None]
    attended = [each.attended for each in sessions if each.attended is not None]
    if len(rosters) < len(sessions):
        return None
    return MonthCounts(
        sessions=len(sessions),
        places=sum(each.places for each in sessions),
        booked=sum(each.booked for each in rosters),
        attended=sum(attended) if len(attended) == len(sessions) else None,
        cancelled=sum(each.cancelled for each in rosters),
        waited=sum(each.waited for each in rosters),
    )
