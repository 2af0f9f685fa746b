"""A request with an address that has a booking already: an email tells the mailbox, at most one an hour."""

import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, Roster, can_be_mailed
from shared.bookings.model.errors import SubmissionCancelledError, SubmissionReusedError
from shared.bookings.model.same_person import one_place_each
from shared.bookings.model.session import Session
from shared.bookings.places.applicant import Applicant
from shared.bookings.places.request import BookingResult

_ONE_EMAIL_IN = timedelta(hours=1)


def repeat_noted(mine: Attendee, name: str, now: datetime) -> Attendee:
    """The booking with a note that someone of this name asked for it again, or as it is if an email says so already.

    If the last email said nothing of another name, and this is one, the next email does, once the hour is over. One
    that is to go later than that was noted by a wrong clock, and counts for nothing.
    """
    other_name, last = _is_other_name(mine.name, name), mine.asked_again_at
    if last is None or not -_ONE_EMAIL_IN <= now - last < _ONE_EMAIL_IN:
        return replace(mine, asked_again_at=now, asked_by_other_name=other_name)
    if other_name and not mine.asked_by_other_name:
        return replace(mine, asked_again_at=last + _ONE_EMAIL_IN, asked_by_other_name=True)
    return mine


def with_own_address(mine: Attendee, roster: Roster, applied: Applicant) -> Attendee:
    """The booking with the address of who asks, if it was made with that one and nothing can be sent to the one in it.

    An administrator may have written the address of someone else on the roster into it, or none at all.
    """
    [marked] = [each for each in one_place_each(roster.attendees) if each.key == mine.key]
    is_others = bool(marked.same_person) and marked.has_other_address
    if mine.key != applied.key or (can_be_mailed(mine.email) and not is_others):
        return mine
    return replace(mine, email=applied.request.email, asked_again_at=None)


def _is_other_name(known: str, given: str) -> bool:
    """True if these are two names; not where an administrator left the first one empty."""
    return bool(known.strip()) and _comparable(known) != _comparable(given)


def _comparable(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def repeat_answer(session: Session, mine: Attendee, applied: Applicant) -> BookingResult:
    """The answer to a submission that was stored before.

    Raises:
        SubmissionCancelledError: its booking was cancelled since.
        SubmissionReusedError: it was stored with other answers, which stand.
    """
    if not mine.is_live:
        raise SubmissionCancelledError(session.id, mine.reason)
    if mine.submission != applied.fingerprint:
        raise SubmissionReusedError(session.id)
    return BookingResult(
        session=session, reference=mine.reference, state=mine.state, mail_ids=(), unproven=mine.is_unproven
    )
