"""Writes counts so that none from 1 to 4 can be known from a row, nor a difference of 1 to 4 between two. Pure.

The rule is explained in docs/adr/0027-no-small-count-is-published.md. A test tries every row against every other.
"""

from dataclasses import dataclass

from shared.wording.sentences import sentence

SMALLEST = 5
"""The smallest count that is written as a number."""

FEWER = sentence("numbers.fewer", smallest=SMALLEST)
NOT_SHOWN = sentence("numbers.not-shown")
NOT_KNOWN = sentence("numbers.not-known")

type Cell = int | str
"""A number, or one of the three texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """The counts of one month.

    `booked` had a place when their session began, `cancelled` gave one up or left the waiting list, `waited` were on
    the list to the end: nobody is in two of them. `attended` is None where it is not known of every session.
    """

    sessions: int
    places: int
    booked: int
    attended: int | None
    cancelled: int
    waited: int


def published(count: int) -> Cell:
    """Returns a count that stands alone."""
    return FEWER if count < SMALLEST else count


def published_month(counts: MonthCounts) -> dict[str, Cell]:
    """Returns the cells of a month.

    1. Any count below 5 is `FEWER`.
    2. `Attended` is not shown within 4 of `Booked`: the difference is those who did not come.
    3. Where that is so and fewer than 10 booked, `Booked` and `Places` are not shown either: of 6 who booked, all but
       fewer than 5 could only be 5.
    4. Else `Places` is not shown within 4 of `Booked` or `Attended`: the difference is the places left over.
    """
    places, booked = published(counts.places), published(counts.booked)
    attended = NOT_KNOWN if counts.attended is None else published(counts.attended)
    if _are_near(booked, attended):
        attended = NOT_SHOWN
        if counts.booked < 2 * SMALLEST:
            booked = NOT_SHOWN
            places = NOT_SHOWN if isinstance(places, int) else places
    if _are_near(places, booked) or _are_near(places, attended):
        places = NOT_SHOWN
    return {
        "Sessions": published(counts.sessions),
        "Places": places,
        "Booked": booked,
        "Attended": attended,
        "Cancelled": published(counts.cancelled),
        "Waited": published(counts.waited),
    }


def _are_near(one: Cell, other: Cell) -> bool:
    """True if both are numbers whose difference is a small count."""
    return isinstance(one, int) and isinstance(other, int) and 0 < abs(one - other) < SMALLEST
