"""Moving a booking to another session, in steps that crashes and other requests may come between.

1. Mark: the booking is marked with the session that it moves to, if nobody has changed it since it was read. So of
   several moves one goes on.
2. Book: the other session is booked while the mark stands, and the new booking names the place still to be given up.
3. Give up: the old booking is cancelled, and whoever waits there gets the place. The email log then has the
   cancellation, of which nobody gets an email.

A move that is refused is taken back: the mark says so, then the guard of the other session is touched, and then the
mark goes. A process that saw the mark stand before has read an older guard, so it books there no more.

Every step can be repeated. Whoever finds a move half done goes on with it: the person, another process, the timer.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.bookings.email_log.lost_roster import lost_bookings
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.errors import BookingError, BookingsBusyError, MoveUnderWayError, SessionFullError
from shared.bookings.model.pending_move import PendingMove
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.places.applicant import Applicant, applicant
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.service import BookingService
from shared.bookings.self_service.cancellation import Cancellations, Cancelled
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.tables.table import RowConflictError, StorageError, StorageUnavailableError


class MoveOvertakenError(Exception):
    """The move does not go on: the booking was cancelled or moved meanwhile, or the move was taken back."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The booking that someone moved to, its session's id, and the emails that the move made due."""

    session_id: str
    attendee: Attendee
    mails: tuple[DueMail, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves a marked booking to the session that its mark names, or takes the move back."""

    rosters: BookingRepository
    finder: SessionFinder
    bookings: BookingService

    def carry_on(self, session_id: str, marked: Attendee, now: datetime, *, gives_up: bool = False) -> Moved:
        """Finishes a move that was marked on a booking of this session, whoever began it and however far it came.

        `gives_up`: takes it back instead, unless the other session is booked already.

        Raises:
            BookingError: what `BookingService.book` raises: the move was taken back, and the old booking is kept.
            BookingsBusyError: no clear answer; the mark stands, and the same may be asked again.
            MoveOvertakenError: someone else finished the move or took it back, or the booking was cancelled.
        """
        applied = self._applicant(session_id, marked)
        refusal: Exception | None = MoveOvertakenError() if gives_up or _move(marked).taken_back else None
        mail_ids: tuple[str, ...] = ()
        try:
            if refusal is None:
                mail_ids = self._book(session_id, marked, applied, now)
        except BookingsBusyError:
            raise
        except BookingError as error:
            refusal = error
        if refusal is not None and not self._is_booked_after_all(session_id, marked, now):
            raise refusal
        return self._finish(_release(session_id, marked), applied, mail_ids, now)

    def settle(
        self, session_id: str, attendee: Attendee, now: datetime, *, gives_up: bool = False
    ) -> tuple[DueMail, ...]:
        """Finishes a move to this session, and finishes or takes back one away from it. Returns the emails then due.

        `gives_up` as `carry_on` has it.

        Raises:
            BookingsBusyError: no clear answer; the same may be asked again.
        """
        if not attendee.is_live:
            return ()
        freed = self._finish_release(session_id, attendee, now)
        if attendee.moving is None:
            return freed
        try:
            return freed + self.carry_on(session_id, attendee, now, gives_up=gives_up).mails
        except BookingsBusyError:
            raise
        except (BookingError, MoveOvertakenError):
            return freed  # taken back, or settled by someone else

    # Booking the other session.

    def _applicant(self, session_id: str, attendee: Attendee) -> Applicant:
        request = BookingRequest.to_move(attendee, from_session_id=session_id, session_id=_move(attendee).session_id)
        release = _release(session_id, attendee)
        applied = replace(applicant(request, self.bookings.key), moved_from=session_id, pending_release=release)
        return replace(applied, never_acted=attendee.never_acted, acted_at=attendee.acted_at)

    def _book(self, session_id: str, marked: Attendee, applied: Applicant, now: datetime) -> tuple[str, ...]:
        checked = marked.state is AttendeeState.CONFIRMED
        booked = self.bookings.book_applicant(
            applied, now, already_checked=checked, check=lambda: self._check_mark(session_id, marked)
        )
        to = applied.request.session_id
        self.bookings.with_retries(to, lambda _: self._name_release(session_id, marked, applied, now))
        return booked.mail_ids

    def _name_release(self, session_id: str, marked: Attendee, applied: Applicant, now: datetime) -> None:
        """Notes the place to be given up on a booking that they had there already, or from someone faster."""
        to = applied.request.session_id
        there = self.rosters.roster(to)
        found = there.find_person(applied.key, applied.person)
        if found is None or not found.holds_a_place:
            raise SessionFullError(to)  # the answer was a stranger's: they wait there, and keep this place
        if found.pending_release == applied.pending_release:
            return
        if found.moving is not None:
            raise MoveUnderWayError(to)
        self._check_mark(session_id, marked)
        named = replace(found, pending_release=applied.pending_release)
        self.rosters.update_places(to, there.guard, (named,), now)

    def _check_mark(self, session_id: str, marked: Attendee) -> None:
        found = self.rosters.attendee(session_id, marked.key)
        if found is None or not _same_booking(found, marked) or found.moving != PendingMove(_move(marked).session_id):
            raise MoveOvertakenError

    # Giving the old place up.

    def _finish_release(self, session_id: str, moved: Attendee, now: datetime) -> tuple[DueMail, ...]:
        if moved.pending_release is None:
            return ()
        freed = self._give_up(moved.pending_release, session_id, now)
        # Only now: a run that dies in between finds the move again, and so does one that someone was faster than.
        self._clear_release(session_id, moved.key, moved.pending_release)
        return freed

    def _finish(self, release: PendingRelease, applied: Applicant, mail_ids: tuple[str, ...], now: datetime) -> Moved:
        to = applied.request.session_id
        freed = self._give_up(release, to, now)
        there = self.rosters.roster(to).find_person(applied.key, applied.person)
        if there is None:  # deleted since
            raise MoveOvertakenError
        self._clear_release(to, there.key, release)
        mails = tuple(DueMail(to, mail_id) for mail_id in mail_ids)
        return Moved(to, there, mails + freed)

    def _give_up(self, release: PendingRelease, to_session_id: str, now: datetime) -> tuple[DueMail, ...]:
        def give_up(_: float) -> Cancelled | None:
            roster = self.rosters.roster(release.session_id)
            attendee, session = roster.find(release.key), self.finder.find(release.session_id, now)
            if session is None or attendee is None or attendee.generation != release.generation or not attendee.is_live:
                return None
            cancellations = Cancellations(self.rosters, self.bookings.policy)
            return cancellations.cancel(session, roster, attendee, Reason.MOVED, now, moved_to=to_session_id)

        given_up = self.bookings.with_retries(release.session_id, give_up)
        if given_up is None:
            return ()
        self._note_cancellation(release.session_id, given_up.attendee, now)
        return given_up.mails

    def _note_cancellation(self, session_id: str, cancelled: Attendee, now: datetime) -> None:
        """Writes into the email log that the booking is cancelled, by which a later save of the row as it was shows."""
        with suppress(StorageError):  # the timer notes it
            self.bookings.log.skip(session_id, [str(MailId.to(cancelled, MailKind.BOOKING_CANCELLED))], now)

    def _clear_release(self, session_id: str, key: str, release: PendingRelease) -> None:
        try:
            moved = self.rosters.attendee(session_id, key)
            if moved is not None and moved.pending_release == release:
                self.rosters.update_attendees(session_id, (replace(moved, pending_release=None),))
        except (RowConflictError, StorageUnavailableError):
            return  # the timer finds the move finished and clears it

    # Taking it back.

    def _is_booked_after_all(self, session_id: str, marked: Attendee, now: datetime) -> bool:
        """Takes the move back, unless the other session was booked by it before that could be prevented."""
        move = _move(marked)
        back = replace(move, taken_back=True)

        def turn(_: float) -> None:
            if not self._set_mark(session_id, marked, back):
                raise MoveOvertakenError

        self.bookings.with_retries(session_id, turn)
        release = _release(session_id, marked)
        if self.bookings.with_retries(move.session_id, lambda _: self._is_booked(move.session_id, release, now)):
            return True
        self.bookings.with_retries(session_id, lambda _: self._set_mark(session_id, marked, None))
        return False

    def _is_booked(self, session_id: str, release: PendingRelease, now: datetime) -> bool:
        """True if the move was booked; if not, touches the guard, so that it never is.

        Not where the roster was lost with its guard: nobody is booked there, and without the guard the loss is noticed.
        """
        there = self.rosters.roster(session_id)
        if any(each.is_live and each.pending_release == release for each in there.attendees):
            return True
        if there.guard or not lost_bookings(there, self.bookings.log.entries(session_id)):
            self.rosters.touch_guard(session_id, there.guard, now)
        return False

    def _set_mark(self, session_id: str, marked: Attendee, move: PendingMove | None) -> bool:
        """Changes the mark of this move, and returns False if it stands no more."""
        found = self.rosters.attendee(session_id, marked.key)
        if found is None or not _same_booking(found, marked) or found.moving is None:
            return False
        if found.moving.session_id != _move(marked).session_id:
            return False
        if found.moving != move:
            self.rosters.update_attendees(session_id, (replace(found, moving=move),))
        return True


def _move(marked: Attendee) -> PendingMove:
    if marked.moving is None:
        raise MoveOvertakenError
    return marked.moving


def _release(session_id: str, attendee: Attendee) -> PendingRelease:
    return PendingRelease(attendee.generation, attendee.key, session_id)


def _same_booking(found: Attendee, marked: Attendee) -> bool:
    return found.is_live and found.generation == marked.generation
