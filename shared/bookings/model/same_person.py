"""Rows of one roster with the same address: one of them counts, and the person is counted and emailed once.

Of the rows that are not cancelled and have the same normalised address, the one that counts is the first of these:

1. one whose address is still the one that the service knows, before one into which an administrator wrote it;
2. one that the service wrote, before one that was typed in;
3. the one that the service has known for longer.

Another one that was typed in is set to `cancelled`, takes no place and gets no email. Another one that had a place
under a different address keeps it, because it was promised to someone, but no email goes to an address that is not
theirs. It stays so after the person with that address has cancelled or moved, as long as their row is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, can_be_mailed
from shared.normalised_address import normalised_address
from shared.wording.sentences import sentence

_NEVER_SEEN = datetime.max.replace(tzinfo=UTC)


def one_place_each(attendees: Iterable[Attendee]) -> tuple[Attendee, ...]:
    """The attendees in their order, each with `same_person` as the others say."""
    everyone = [replace(each, same_person="") for each in attendees]
    counted = _counted(everyone)
    owners = counted | _owners(everyone)
    found = ((each, _other(each, owners if each.has_other_address else counted)) for each in everyone)
    return tuple(each if first is None else replace(each, same_person=_named(first)) for each, first in found)


def same_person_problem(attendee: Attendee) -> str:
    """The sentence for the `Problem` of a row whose address another row counts for; "" for any other row."""
    if not attendee.same_person:
        return ""
    if attendee.has_other_address:
        return sentence("portal.booking.email-of-another", other=attendee.same_person)
    name = attendee.name or sentence("portal.booking.this-person")
    return sentence("portal.booking.booked-already", name=name, other=attendee.same_person)


def _counted(attendees: Sequence[Attendee]) -> dict[str, Attendee]:
    """The row that counts, by normalised address."""
    counted: dict[str, Attendee] = {}
    for each in sorted(attendees, key=_rank):
        if each.state is not AttendeeState.CANCELLED and can_be_mailed(each.email):
            counted.setdefault(normalised_address(each.email), each)
    return counted


def _owners(attendees: Iterable[Attendee]) -> dict[str, Attendee]:
    """The row whose own the address is, whatever became of the booking, by normalised address."""
    own = [each for each in attendees if can_be_mailed(each.email) and not each.has_other_address]
    best_last = sorted(own, key=lambda each: (each.state is AttendeeState.CANCELLED, _rank(each)), reverse=True)
    return {normalised_address(each.email): each for each in best_last}


def _other(attendee: Attendee, counted: dict[str, Attendee]) -> Attendee | None:
    """The row that counts for this one's address, unless it is this one, or this one was cancelled for good."""
    cancelled = attendee.state is AttendeeState.CANCELLED and attendee.reason != Reason.BOOKED_TWICE
    if not can_be_mailed(attendee.email) or (cancelled and not attendee.has_other_address):
        return None
    first = counted.get(normalised_address(attendee.email))
    return None if first is None or first.key == attendee.key else first


def _rank(attendee: Attendee) -> tuple[bool, bool, bool, datetime, datetime, str]:
    return (
        attendee.has_other_address,
        not attendee.is_written_by_service,
        not attendee.known_state,
        attendee.booked_at,
        attendee.state_at or _NEVER_SEEN,
        attendee.key,
    )


def _named(attendee: Attendee) -> str:
    by_reference = sentence("portal.booking.by-reference", reference=attendee.reference)
    row = by_reference if attendee.reference else sentence("portal.booking.by-row-key", key=attendee.key)
    if attendee.state is AttendeeState.CANCELLED:
        return sentence("portal.booking.row-cancelled", row=row)
    return sentence("portal.booking.row-waiting", row=row) if attendee.is_waiting else row
