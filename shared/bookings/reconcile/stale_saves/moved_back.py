"""Rows of people who moved to another session, made live again by a save of the row as it was before the move.

The new booking proves the move: its submission is made of the old session, the old row and its generation.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import MailId
from shared.bookings.places.request import BookingRequest
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.reconcile.stale_saves.cancelled_rows import cancellation_id
from shared.references import submission_hash


def moved_submissions(found: Sequence[ReconciledSession]) -> frozenset[str]:
    """Hashes of the submissions by which people moved into these sessions; unfinished moves are left out."""
    everyone = (each for reconciled in found for each in reconciled.roster.attendees)
    return frozenset(_submission(each) for each in everyone if each.moved_from and each.pending_release is None)


def moved_back(reconciled: ReconciledSession, moved: Collection[str], key: bytes) -> list[str]:
    """Ids of the cancellations that moves stand for, of live rows whose booking has moved to another session."""
    if not moved:
        return []
    live = (each for each in reconciled.roster.attendees if each.is_live)
    gone = [cancellation_id(each) for each in live if _move(reconciled.session.id, each, key) in moved]
    return [mail_id for mail_id in gone if mail_id not in reconciled.log]


def without_emails_to(reconciled: ReconciledSession, cancellations: Sequence[str]) -> ReconciledSession:
    """The session without the emails due to those whom the cancellations are about."""
    if not cancellations:
        return reconciled
    gone = {_booking(mail_id) for mail_id in cancellations}
    return replace(reconciled, due=tuple(each for each in reconciled.due if _booking(each.mail_id) not in gone))


def _move(session_id: str, attendee: Attendee, key: bytes) -> str:
    request = BookingRequest.to_move(attendee, from_session_id=session_id, session_id="")
    return submission_hash(key, request.submission_id or "")


def _submission(attendee: Attendee) -> str:
    return attendee.submission.partition("-")[0]


def _booking(mail_text: str) -> tuple[str, int] | None:
    mail_id = MailId.parse(mail_text)
    return None if mail_id is None else (mail_id.attendee, mail_id.generation)
