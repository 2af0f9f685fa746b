"""Booking a place: one decision, one transaction, and no place given twice."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.bookings.model.allocation_policy import Policy
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import MailId, MailKind, stamp
from shared.bookings.model.errors import (
    BookingsBusyError,
    NotForOutsidersError,
    SessionFullError,
    SessionUnknownError,
    SubmissionReusedError,
    TooLateToCheckError,
)
from shared.bookings.model.session import Session, first_told
from shared.bookings.places.applicant import Applicant, applicant
from shared.bookings.places.request import Booked, BookingRequest
from shared.bookings.places.snapshot_cache import Desk, DeskMemory, Turns
from shared.bookings.tables.session_rows import SessionRow
from shared.tables.table import RowConflictError, StorageUnavailableError, is_key

TRIES = 60
PATIENCE = 20.0  # seconds; the person at the form is waiting
ASKED_AGAIN_AFTER = timedelta(hours=1)


class BookingStore(Protocol):
    """What booking needs of the tables; `shared.bookings.tables.repository` describes each."""

    def session_row(self, session_id: str) -> SessionRow | None: ...
    def sessions(self) -> list[Session]: ...
    def announce(self, row: SessionRow, session: Session) -> None: ...
    def roster(self, session_id: str) -> Roster: ...
    def place(self, session: Session, guard: str, attendee: Attendee) -> tuple[str, Attendee]: ...
    def join(self, session: Session, attendee: Attendee) -> None: ...
    def note_asked_again(self, session_id: str, attendee: Attendee, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A session that takes bookings, how many places are left for somebody new, and whether one may wait for one."""

    session: Session
    places_left: int
    waiting_list: bool = False


@dataclass(frozen=True, slots=True)
class BookingService:
    """Gives places. `key` makes row keys and references, and is never changed: a changed one finds nobody again."""

    store: BookingStore
    key: bytes = field(repr=False)
    policy: Policy = field(default_factory=Policy)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _memory: DeskMemory = field(default_factory=DeskMemory)
    _turns: Turns = field(default_factory=Turns)

    def openings(self, now: datetime) -> list[Opening]:
        """Every session that takes bookings at this moment (UTC), earliest first, with the places left in each."""
        open_now = [session for session in self.store.sessions() if session.takes_bookings(now)]
        return [Opening(each, self._places_left(each, now), self.offers_waiting(each, now)) for each in open_now]

    def session(self, session_id: str) -> Session:
        """One session.

        Raises:
            SessionUnknownError: there is none with this id.
        """
        row = self.store.session_row(session_id) if is_key(session_id) else None
        if row is None or row.session is None:
            raise SessionUnknownError
        return row.session

    def book(self, request: BookingRequest, now: datetime) -> Booked:
        """Gives the person a place, or the answer that they had for the same submission.

        An address that has a place already is answered as a stranger's would be, and told the truth by mail.

        Args:
            request: what was asked for.
            now: UTC.

        Raises:
            SessionUnknownError, SessionPastError, SessionClosedError, SessionFullError: nothing was stored.
            NotForOutsidersError, TooLateToCheckError: the address does not say that they work for the trust.
            SubmissionReusedError: the same submission was stored with other answers, which stand.
            BookingsBusyError: no clear answer in time; the same request may be sent again.
        """
        return self.take(applicant(request, self.key), now)

    def take(self, applied: Applicant, now: datetime, *, vouched: bool = False) -> Booked:
        """Books for an applicant, as `book` does. `vouched`: it is known already that they work for the trust."""
        listed = vouched or self.policy.is_listed(applied.request.email)
        if not listed and not applied.request.works_for_trust:
            raise NotForOutsidersError
        applied = replace(applied, needs_check=not listed)
        return self.retried(applied.request.session_id, lambda arrived: self._take_once(applied, arrived, now))

    def retried[T](self, session_id: str, attempt: Callable[[float], T]) -> T:
        """Runs `attempt` in this session's turn until storage gives a clear answer.

        `attempt` gets the monotonic second at which the caller arrived, and may raise RowConflictError.

        Raises:
            BookingsBusyError: there was none within the patience.
        """
        arrived = self.monotonic()
        with self._turns.at(session_id, patience=PATIENCE):
            for number in range(TRIES):
                if self.monotonic() - arrived > PATIENCE:
                    break
                try:
                    return attempt(arrived)
                except (RowConflictError, StorageUnavailableError):
                    # Somebody was faster, or the answer was lost after the row was written: the next look shows which.
                    self._memory.forget(session_id)
                self.sleep(random.uniform(0, min(0.02 * 2**number, 1.0)))  # noqa: S311  # spreads retries, no secret
        raise BookingsBusyError

    def _take_once(self, applied: Applicant, arrived: float, now: datetime) -> Booked:
        return self._decide(self._desk(applied, arrived), applied, now)

    def _places_left(self, session: Session, now: datetime) -> int:
        roster = self.store.roster(session.id)
        has_place = self.policy.has_place_for_newcomer(session, roster, now)
        return session.capacity - roster.held if has_place else 0

    def _desk(self, applied: Applicant, arrived: float) -> Desk:
        session_id = applied.request.session_id
        looked_at = self.monotonic()
        desk = self._memory.usable(session_id, key=applied.key, arrived=arrived, monotonic=looked_at)
        if desk is None:
            desk = Desk(self._told_session(session_id), self.store.roster(session_id), looked_at)
            self._memory.keep(desk)
        return desk

    def _told_session(self, session_id: str) -> Session:
        """The session, as it is written down for everybody from the first booking on."""
        row = self.store.session_row(session_id) if is_key(session_id) else None
        if row is None or row.session is None:
            raise SessionUnknownError
        if row.session.version or not row.session.runs:
            return row.session
        told = first_told(row.session)
        self.store.announce(row, told)
        return told

    def _decide(self, desk: Desk, applied: Applicant, now: datetime) -> Booked:
        mine = desk.roster.find_person(applied.key, applied.person)
        sent_before = desk.roster.find_submission(applied.submission)
        if sent_before is not None:
            return _answer_again(desk.session, sent_before, applied)
        desk.session.check_takes_bookings(now)
        if applied.needs_check and not self.policy.may_be_checked(desk.session, now):
            raise TooLateToCheckError
        mails: tuple[str, ...] = ()
        if mine is not None and mine.is_live:
            mails = self._asked_again(desk.session, mine, now)
        state = self._state_for(desk, applied, now)
        if mine is None or not mine.is_live:
            mails = self._write(desk, applied.attendee(state, mine, now))
        return Booked(session=desk.session, reference=applied.reference, state=state, mail_ids=mails)

    def _state_for(self, desk: Desk, applied: Applicant, now: datetime) -> AttendeeState:
        if self.policy.has_place_for_newcomer(desk.session, desk.roster, now):
            return AttendeeState.TO_CHECK if applied.needs_check else AttendeeState.CONFIRMED
        if applied.request.join_waiting_list and self.offers_waiting(desk.session, now):
            return AttendeeState.WAITING
        raise SessionFullError(desk.session.id, waiting_list=self.offers_waiting(desk.session, now))

    def offers_waiting(self, session: Session, now: datetime) -> bool:
        """Whether somebody may join the waiting list: not after it has ended."""
        return session.waiting_list and self.policy.promotes(session, now)

    def _write(self, desk: Desk, attendee: Attendee) -> tuple[str, ...]:
        if attendee.is_waiting:
            self.store.join(desk.session, attendee)
            self._memory.forget(desk.session.id)
            return (str(MailId(attendee.key, attendee.generation, MailKind.WAITING)),)
        guard, placed = self.store.place(desk.session, desk.roster.guard, attendee)
        self._memory.keep(desk.after(placed, guard))
        kind = MailKind.CHECKING if placed.state is AttendeeState.TO_CHECK else MailKind.CONFIRMATION
        return (str(MailId(placed.key, placed.generation, kind)),)

    def _asked_again(self, session: Session, mine: Attendee, now: datetime) -> tuple[str, ...]:
        if mine.asked_again_at is not None and now - mine.asked_again_at < ASKED_AGAIN_AFTER:
            return ()
        self.store.note_asked_again(session.id, mine, now)
        self._memory.forget(session.id)
        return (str(MailId(mine.key, mine.generation, MailKind.AGAIN, stamp(now))),)


def _answer_again(session: Session, mine: Attendee, applied: Applicant) -> Booked:
    if mine.submission != applied.fingerprint or not mine.is_live:
        raise SubmissionReusedError(session.id)
    return Booked(session=session, reference=mine.reference, state=mine.state, mail_ids=())
