"""Self-service of one booking by the link in its emails: look, cancel, move, change details, stop reminders."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.errors import LinkUnknownError, SessionFullError, TooLateError
from shared.bookings.model.generation import is_same_person
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.model.session import Session
from shared.bookings.places.applicant import Applicant, applicant
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.service import BookingService
from shared.bookings.self_service.booking_calendar import CalendarNames, calendar_entry
from shared.bookings.self_service.calendar import calendar_file
from shared.bookings.self_service.details import DetailsRequest, with_details
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.tables.table import MAX_WRITES, RowConflictError, StorageUnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedBooking:
    """Someone's booking as it stands. `position` is the place in the waiting list from 1, 0 for who is not on it."""

    session: Session
    attendee: Attendee
    position: int
    roster: Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """The outcome of an act. `already`: it had been done before. `moved_to` is the token of the new booking."""

    booking: ManagedBooking
    already: bool = False
    mails: tuple[DueMail, ...] = ()
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class SelfService:
    """Acts on one booking at a time, whose link the person holds."""

    rosters: BookingRepository
    finder: SessionFinder
    bookings: BookingService
    links: ManageLinks = field(repr=False)
    names: CalendarNames

    def find(self, token: str, now: datetime) -> ManagedBooking:
        """The booking, whatever state it is in.

        Raises:
            LinkUnknownError: the link was never given out, or the booking is not the person's any more.
        """
        session_id, key, generation = self.links.decode(token)
        session, roster = self.finder.find(session_id, now), self.rosters.roster(session_id)
        attendee = roster.find(key)
        if session is None or attendee is None or not is_same_person(attendee, generation):
            raise LinkUnknownError
        return ManagedBooking(session=session, attendee=attendee, position=roster.position(key), roster=roster)

    def cancel(self, token: str, now: datetime) -> ActionResult:
        """Gives the place up, or leaves the waiting list; whoever waits gets the place in the same transaction.

        Raises:
            LinkUnknownError, TooLateError: nothing was changed.
            BookingsBusyError: no clear answer; the same may be asked again.
        """
        session_id, _, _ = self.links.decode(token)
        return self.bookings.with_retries(
            session_id, lambda _: self._cancel(self._in_time(token, now), Reason.LEFT, now)
        )

    def move(self, token: str, to_session_id: str, now: datetime) -> ActionResult:
        """Books the other session first, and only then gives this place up: if there is none, this one is kept.

        Raises:
            LinkUnknownError, TooLateError, BookingError: what `BookingService.book` raises; the old place is kept.
        """
        booking = self._in_time(token, now)
        attendee = booking.attendee
        if not attendee.is_live or to_session_id == booking.session.id:
            return ActionResult(booking=booking, already=True)
        applied = self._applicant(booking, to_session_id)
        booked = self.bookings.book_applicant(applied, now, already_checked=attendee.state is AttendeeState.CONFIRMED)
        moved = self.rosters.roster(to_session_id).find_person(applied.key, applied.person)
        if moved is None or not moved.holds_a_place:
            raise SessionFullError(to_session_id)  # the answer was a stranger's: they wait there, and keep this place
        freed = self.finish_move(PendingRelease(attendee.generation, attendee.key, booking.session.id), now)
        self._clear_release(to_session_id, moved)
        mails = tuple(DueMail(to_session_id, mail_id) for mail_id in booked.mail_ids)
        return ActionResult(booking=booking, mails=mails + freed, moved_to=self.links.token(to_session_id, moved))

    def finish_move(self, release: PendingRelease, now: datetime) -> tuple[DueMail, ...]:
        """Gives up the place that someone moved away from, if they still hold it, and returns the emails then due.

        Raises:
            BookingsBusyError: no clear answer; the same may be asked again.
        """

        def give_up(_: float) -> tuple[DueMail, ...]:
            session, roster = self.finder.find(release.session_id, now), self.rosters.roster(release.session_id)
            attendee = roster.find(release.key)
            if session is None or attendee is None or attendee.generation != release.generation or not attendee.is_live:
                return ()
            booking = ManagedBooking(session=session, attendee=attendee, position=0, roster=roster)
            return self._cancel(booking, Reason.MOVED, now).mails

        return self.bookings.with_retries(release.session_id, give_up)

    def set_reminders(self, token: str, *, on: bool, now: datetime) -> ActionResult:
        """Stops reminders, or has them sent again. Raises as `cancel` does."""
        session_id, _, _ = self.links.decode(token)
        return self.bookings.with_retries(session_id, lambda _: self._set_reminders(self._in_time(token, now), on=on))

    def change_details(self, token: str, wanted: DetailsRequest, *, asks_needs: bool, now: datetime) -> ActionResult:
        """Replaces name, needs (if the form asks for them: `asks_needs`) and reminders. Raises as `cancel` does."""
        session_id, _, _ = self.links.decode(token)
        return self.bookings.with_retries(
            session_id,
            lambda _: self._change_details(self._in_time(token, now), wanted, asks_needs=asks_needs, now=now),
        )

    def choices(self, token: str, now: datetime) -> list[BookableSession]:
        """The other sessions that take bookings. Raises LinkUnknownError."""
        here = self.find(token, now).session.id
        return [bookable for bookable in self.bookings.bookable_sessions(now) if bookable.session.id != here]

    def calendar(self, token: str, now: datetime) -> bytes:
        """The booking as a calendar file, in place of an earlier one of the same booking. Raises LinkUnknownError."""
        booking = self.find(token, now)
        link = self.links.url(booking.session.id, booking.attendee)
        return calendar_file(calendar_entry(booking.session, booking.attendee, link, self.names, now))

    def _in_time(self, token: str, now: datetime) -> ManagedBooking:
        booking = self.find(token, now)
        if now >= booking.session.starts:
            raise TooLateError
        return booking

    def _cancel(self, booking: ManagedBooking, reason: Reason, now: datetime) -> ActionResult:
        session, attendee, roster = booking.session, booking.attendee, booking.roster
        if not attendee.is_live:
            return ActionResult(booking=booking, already=True)
        cancelled = attendee.cancelled(reason, now)
        if not attendee.holds_a_place or not roster.guard:  # without a guard the timer decides who gets the place
            self.rosters.update_attendees(session.id, (cancelled,))
            given: tuple[Attendee, ...] = ()
        else:
            # All in one transaction, with the guard. Whoever is left over is found by the schedule.
            given = self.bookings.policy.promoted(session, roster.with_changed(cancelled), now)[: MAX_WRITES - 2]
            self.rosters.update_places(session.id, roster.guard, (cancelled, *given), now)
        mails = (
            [MailId(cancelled.key, cancelled.generation, MailKind.BOOKING_CANCELLED)] if reason is Reason.LEFT else []
        )
        mails += [MailId(each.key, each.generation, _kind_of_place(each)) for each in given]
        due = tuple(DueMail(session.id, str(mail_id)) for mail_id in mails)
        return ActionResult(booking=replace(booking, attendee=cancelled, position=0), mails=due)

    def _set_reminders(self, booking: ManagedBooking, *, on: bool) -> ActionResult:
        if booking.attendee.reminders is on:
            return ActionResult(booking=booking, already=True)
        changed = replace(booking.attendee, reminders=on)
        self.rosters.update_attendees(booking.session.id, (changed,))
        return ActionResult(booking=replace(booking, attendee=changed))

    def _change_details(
        self, booking: ManagedBooking, wanted: DetailsRequest, *, asks_needs: bool, now: datetime
    ) -> ActionResult:
        changed = with_details(booking.attendee, wanted, now, asks_needs=asks_needs)
        if not booking.attendee.is_live or changed == booking.attendee:
            return ActionResult(booking=booking, already=True)
        self.rosters.update_details(booking.session.id, changed)
        return ActionResult(booking=replace(booking, attendee=changed))

    def _applicant(self, booking: ManagedBooking, to_session_id: str) -> Applicant:
        attendee, here = booking.attendee, booking.session.id
        request = BookingRequest.to_move(attendee, from_session_id=here, session_id=to_session_id)
        release = PendingRelease(attendee.generation, attendee.key, here)
        return replace(applicant(request, self.bookings.key), moved_from=here, pending_release=release)

    def _clear_release(self, session_id: str, moved: Attendee) -> None:
        if moved.pending_release is None:
            return
        try:
            self.rosters.update_attendees(session_id, (replace(moved, pending_release=None),))
        except (RowConflictError, StorageUnavailableError):
            return  # the schedule finds the move finished and clears it


def _kind_of_place(attendee: Attendee) -> MailKind:
    return MailKind.CHECKING if attendee.needs_check else MailKind.CONFIRMATION
