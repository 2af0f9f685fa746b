"""Cancelling one booking, with whoever gets the place in the same transaction."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, Reason, Roster
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.same_person import one_place_each
from shared.bookings.model.session import Session
from shared.bookings.tables.repository import BookingRepository
from shared.tables.table import MAX_WRITES


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The attendee after the cancellation, and the emails that it made due."""

    attendee: Attendee
    mails: tuple[DueMail, ...]


@dataclass(frozen=True, slots=True)
class Cancellations:
    """Cancels bookings, and gives each place that becomes free to the first who waits."""

    rosters: BookingRepository
    policy: AllocationPolicy

    def cancel(  # noqa: PLR0913  # the decision, and what it rests on
        self, session: Session, roster: Roster, attendee: Attendee, reason: Reason, now: datetime, *, moved_to: str = ""
    ) -> Cancelled:
        """Cancels a live booking of this roster.

        `session` has to be read after `roster`: its capacity decides who gets the place, and whatever changes places
        after the roster was read makes the transaction fail. `moved_to` is the session that the attendee moved to.

        Raises:
            RowConflictError, StorageUnavailableError: read again, and decide again.
        """
        cancelled = attendee.cancelled(reason, now, moved_to=moved_to)
        given: tuple[Attendee, ...] = ()
        if attendee.holds_a_place and roster.guard:  # without a guard the timer decides who gets the place
            # All in one transaction, with the guard. Whoever is left over is found by the timer.
            # Nobody is given a second place by a row that was typed in for them and that the timer has not seen yet.
            marked = replace(roster, attendees=one_place_each(roster.attendees))
            given = self.policy.promoted(session, marked.with_changed(cancelled), now)[: MAX_WRITES - 2]
            self.rosters.update_places(session.id, roster.guard, (cancelled, *given), now)
        else:
            self.rosters.update_attendees(session.id, (cancelled,))
        gone = [MailId.to(cancelled, MailKind.BOOKING_CANCELLED)] * (reason is Reason.LEFT)
        mails = [*gone, *(MailId.to(each, _kind_of_place(each)) for each in given)]
        return Cancelled(cancelled, tuple(DueMail(session.id, str(mail_id)) for mail_id in mails))


def _kind_of_place(attendee: Attendee) -> MailKind:
    return MailKind.CHECKING if attendee.needs_check else MailKind.CONFIRMATION
