"""Self-service of one booking by the link in its emails: look, prove, cancel, move, change details, stop reminders."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.attendee import Attendee, Reason, Roster
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.errors import BookingsBusyError, LinkUnknownError, SessionUnknownError, TooLateError
from shared.bookings.model.generation import is_same_person
from shared.bookings.model.pending_move import PendingMove
from shared.bookings.model.proving import acted
from shared.bookings.model.session import Session
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.service import BookingService
from shared.bookings.self_service.booking_calendar import CalendarNames, calendar_entry
from shared.bookings.self_service.calendar import calendar_file
from shared.bookings.self_service.cancellation import Cancellations
from shared.bookings.self_service.details import DetailsRequest, with_details
from shared.bookings.self_service.moved_booking import follow_moves
from shared.bookings.self_service.mover import MoveOvertakenError, Mover
from shared.bookings.self_service.proof import Proofs
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder

_ROUNDS = 5  # tries, each after a move that someone else had begun was settled


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

    @property
    def mover(self) -> Mover:
        return Mover(self.rosters, self.finder, self.bookings)

    @property
    def _proofs(self) -> Proofs:
        return Proofs(self.rosters, self.bookings.policy)

    def find(self, token: str, now: datetime) -> ManagedBooking:
        """The booking, whatever state it is in.

        Raises:
            LinkUnknownError: the link was never given out, or the booking is not the person's any more.
        """
        session_id, key, generation = self.links.decode(token)
        # The roster first: what changes places after that makes the act fail, so the capacity is read last.
        roster, session = self.rosters.roster(session_id), self.finder.find(session_id, now)
        attendee = roster.find(key)
        if session is None or attendee is None or not is_same_person(attendee, generation):
            raise LinkUnknownError
        return ManagedBooking(session=session, attendee=attendee, position=roster.position(key), roster=roster)

    def prove(self, token: str, now: datetime) -> ActionResult:
        """Notes that a button behind the link was pressed, which proves the address; whoever waited may get a place.

        Every other act proves it as well.

        Raises:
            LinkUnknownError, TooLateError: nothing was changed.
            BookingsBusyError: no clear answer; the same may be asked again.
        """
        return self._act(token, now, lambda booking: self._prove(booking, now))

    def cancel(self, token: str, now: datetime) -> ActionResult:
        """Gives the place up, or leaves the waiting list; whoever waits gets the place in the same transaction.

        A move that is under way is taken back first, or finished where the other session is booked already.

        Raises:
            LinkUnknownError, TooLateError: nothing was changed.
            BookingsBusyError: no clear answer; the same may be asked again.
        """
        return self._act(token, now, lambda booking: self._cancel(booking, now))

    def move(self, token: str, to_session_id: str, now: datetime) -> ActionResult:
        """Books the other session first, and only then gives this place up: if there is none, this one is kept.

        Of several moves of one booking one wins. The others return the booking that it has become, with `already`.

        Raises:
            LinkUnknownError, TooLateError, BookingError: what `BookingService.book` raises; the old place is kept.
            MoveUnderWayError: the booking that they have in the other session is being moved; both are kept.
        """
        for _ in range(_ROUNDS):
            marked = self._act(token, now, lambda booking: self._mark(booking, to_session_id, now), to=to_session_id)
            if marked.already:
                return self._with_way(marked)
            here = marked.booking.session.id
            try:
                moved = self.mover.carry_on(here, marked.booking.attendee, now)
            except MoveOvertakenError:
                continue
            link = self.links.token(moved.session_id, moved.attendee)
            return replace(marked, mails=marked.mails + moved.mails, moved_to=link)
        raise BookingsBusyError

    def set_reminders(self, token: str, *, on: bool, now: datetime) -> ActionResult:
        """Stops reminders, or has them sent again. Raises as `cancel` does."""
        session_id, _, _ = self.links.decode(token)
        return self.bookings.with_retries(
            session_id, lambda _: self._set_reminders(self._proved_in_time(token, now), on=on, now=now)
        )

    def change_details(self, token: str, wanted: DetailsRequest, *, asks_needs: bool, now: datetime) -> ActionResult:
        """Replaces name, needs (if the form asks for them: `asks_needs`) and reminders. Raises as `cancel` does."""
        session_id, _, _ = self.links.decode(token)
        return self.bookings.with_retries(
            session_id,
            lambda _: self._change_details(self._proved_in_time(token, now), wanted, asks_needs=asks_needs, now=now),
        )

    def choices(self, token: str, now: datetime) -> list[BookableSession]:
        """The other sessions of the programme that take bookings. Raises LinkUnknownError."""
        here = self.find(token, now).session
        others = (each for each in self.bookings.bookable_sessions(now) if each.session.id != here.id)
        return [each for each in others if each.session.programme == here.programme]

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

    def _proved_in_time(self, token: str, now: datetime) -> ManagedBooking:
        """The booking, once its address is proved; the emails that this makes due are left to the timer."""
        booking = self._in_time(token, now)
        if not (booking.attendee.is_unproven or booking.attendee.is_bounced):
            return booking  # the act is noted with what it changes
        self._prove(booking, now)
        return self._in_time(token, now)

    def _act(
        self, token: str, now: datetime, act: Callable[[ManagedBooking], ActionResult], to: str = ""
    ) -> ActionResult:
        """Acts on a booking that is not half moved: a move that is, other than to the session `to`, is settled first.

        Raises:
            BookingsBusyError: no clear answer, or moved again and again by others.
        """
        session_id, _, _ = self.links.decode(token)
        expected, settled = PendingMove(to), tuple[DueMail, ...]()

        def attempt(_: float) -> tuple[ManagedBooking, ActionResult | None]:
            booking = self._in_time(token, now)
            return booking, None if _is_half_moved(booking.attendee, expected) else act(booking)

        for _ in range(_ROUNDS):
            booking, done = self.bookings.with_retries(session_id, attempt)
            if done is not None:
                return replace(done, mails=settled + done.mails)
            settled += self.mover.settle(booking.session.id, booking.attendee, now, gives_up=not to)
        raise BookingsBusyError

    def _prove(self, booking: ManagedBooking, now: datetime) -> ActionResult:
        if not (booking.attendee.never_acted and booking.attendee.is_live):
            return ActionResult(booking=booking, already=True)
        done = self._proofs.prove(booking.session, booking.roster, booking.attendee, now)
        return ActionResult(booking=replace(booking, attendee=done.attendee), mails=done.mails)

    def _cancel(self, booking: ManagedBooking, now: datetime) -> ActionResult:
        if not booking.attendee.is_live:
            return ActionResult(booking=booking, already=True)
        cancellations = Cancellations(self.rosters, self.bookings.policy)
        attendee = acted(booking.attendee, now)
        done = cancellations.cancel(booking.session, booking.roster, attendee, Reason.LEFT, now)
        return ActionResult(booking=replace(booking, attendee=done.attendee, position=0), mails=done.mails)

    def _mark(self, booking: ManagedBooking, to_session_id: str, now: datetime) -> ActionResult:
        """Marks the booking with the session that it moves to. `already`: there is nothing to move."""
        attendee, here = booking.attendee, booking.session.id
        if not attendee.is_live or to_session_id == here:
            return ActionResult(booking=booking, already=True)
        proved = self._proofs.proved(booking.session, booking.roster, attendee, now)
        marked = replace(proved, moving=PendingMove(to_session_id))
        if marked != attendee:
            if self.bookings.session(to_session_id).programme != booking.session.programme:
                raise SessionUnknownError(to_session_id)  # its group has other rules, to which nobody has agreed
            self.rosters.update_attendees(here, (marked,))
        return ActionResult(booking=replace(booking, attendee=marked))

    def _with_way(self, result: ActionResult) -> ActionResult:
        """The result with the link to the booking that this one has become by an earlier move."""
        here, attendee = result.booking.session.id, result.booking.attendee
        found = follow_moves(self.rosters, self.bookings.key, here, attendee)
        return result if found is None or found[1] == attendee else replace(result, moved_to=self.links.token(*found))

    def _set_reminders(self, booking: ManagedBooking, *, on: bool, now: datetime) -> ActionResult:
        changed = replace(acted(booking.attendee, now), reminders=on)
        if changed != booking.attendee:
            self.rosters.update_attendees(booking.session.id, (changed,))
        already = booking.attendee.reminders is on
        return ActionResult(booking=replace(booking, attendee=changed), already=already)

    def _change_details(
        self, booking: ManagedBooking, wanted: DetailsRequest, *, asks_needs: bool, now: datetime
    ) -> ActionResult:
        proved = acted(booking.attendee, now)
        changed = with_details(proved, wanted, now, asks_needs=asks_needs)
        if not booking.attendee.is_live or changed == booking.attendee:
            return ActionResult(booking=booking, already=True)
        self.rosters.update_details(booking.session.id, changed)
        return ActionResult(booking=replace(booking, attendee=changed), already=changed == proved)


def _is_half_moved(attendee: Attendee, expected: PendingMove) -> bool:
    """True if a move to here has still to give up the place that it left, or one away from here is under way."""
    is_moving = attendee.moving is not None and attendee.moving != expected
    return attendee.is_live and (is_moving or attendee.pending_release is not None)
