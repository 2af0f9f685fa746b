"""Booking a place: one decision, one transaction, and no place given twice."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.bookings.desk import Desk, DeskMemory, Turns
from shared.bookings.errors import BookingsBusyError, SessionUnknownError, SubmissionReusedError
from shared.bookings.mail_ids import MailId, MailKind, stamp
from shared.bookings.model import Attendee, AttendeeState, Booked, BookingRequest, Roster, Session
from shared.contact import same_person
from shared.references import keyed, reference, same_answers, same_submission
from shared.rows import RowConflictError, StorageUnavailableError, is_key

TRIES = 60
PATIENCE = 20.0  # seconds; the person at the form is waiting
ASKED_AGAIN_AFTER = timedelta(hours=1)


class BookingStore(Protocol):
    """What booking needs of the tables; `shared.bookings.repository` describes each."""

    def session(self, session_id: str) -> Session | None: ...
    def sessions(self) -> list[Session]: ...
    def roster(self, session_id: str) -> Roster: ...
    def place(self, session: Session, guard: str, attendee: Attendee) -> tuple[str, Attendee]: ...
    def note_asked_again(self, session_id: str, attendee: Attendee, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A session that takes bookings, and how many places are left."""

    session: Session
    places_left: int


@dataclass(frozen=True, slots=True)
class _Applicant:
    request: BookingRequest
    key: str
    reference: str
    submission: str
    answers: str

    @property
    def fingerprint(self) -> str:
        return f"{self.submission}-{self.answers}"


@dataclass(frozen=True, slots=True)
class BookingService:
    """Gives places. `key` makes row keys and references, and is never changed: a changed one finds nobody again."""

    store: BookingStore
    key: bytes = field(repr=False)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _memory: DeskMemory = field(default_factory=DeskMemory)
    _turns: Turns = field(default_factory=Turns)

    def openings(self, now: datetime) -> list[Opening]:
        """Every session that takes bookings at this moment (UTC), earliest first, with the places left in each."""
        open_now = [session for session in self.store.sessions() if session.takes_bookings(now)]
        return [Opening(each, max(0, each.capacity - self.store.roster(each.id).held)) for each in open_now]

    def session(self, session_id: str) -> Session:
        """One session.

        Raises:
            SessionUnknownError: there is none with this id.
        """
        session = self.store.session(session_id) if is_key(session_id) else None
        if session is None:
            raise SessionUnknownError
        return session

    def book(self, request: BookingRequest, now: datetime) -> Booked:
        """Gives the person a place, or the answer that they had for the same submission.

        An address that has a place already is answered as a stranger's would be, and told the truth by mail.

        Args:
            request: what was asked for.
            now: UTC.

        Raises:
            SessionUnknownError, SessionPastError, SessionClosedError, SessionFullError: nothing was stored.
            SubmissionReusedError: the same submission was stored with other answers, which stand.
            BookingsBusyError: no clear answer in time; the same request may be sent again.
        """
        applicant = self._applicant(request)
        arrived = self.monotonic()
        with self._turns.at(request.session_id, patience=PATIENCE):
            for attempt in range(TRIES):
                if self.monotonic() - arrived > PATIENCE:
                    break
                try:
                    return self._decide(self._desk(applicant, arrived), applicant, now)
                except (RowConflictError, StorageUnavailableError):
                    # Somebody was faster, or the answer was lost after the row was written: the next look shows which.
                    self._memory.forget(request.session_id)
                self.sleep(random.uniform(0, min(0.02 * 2**attempt, 1.0)))  # noqa: S311  # spreads retries, no secret
        raise BookingsBusyError

    def _applicant(self, request: BookingRequest) -> _Applicant:
        person = same_person(request.email)
        submission = request.submission_id or secrets.token_urlsafe(24)
        answers = request.model_dump_json(exclude={"submission_id"})
        return _Applicant(
            request=request,
            key=f"booking-{keyed(self.key, 'booking', request.session_id, person)[:32]}",
            # The same whether or not the address has booked before, so that the answer does not tell.
            reference=reference(self.key, "booking-reference", request.session_id, person),
            submission=same_submission(self.key, submission),
            answers=same_answers(self.key, submission, answers),
        )

    def _desk(self, applicant: _Applicant, arrived: float) -> Desk:
        session_id = applicant.request.session_id
        looked_at = self.monotonic()
        desk = self._memory.usable(session_id, key=applicant.key, arrived=arrived, monotonic=looked_at)
        if desk is None:
            desk = Desk(self.session(session_id), self.store.roster(session_id), looked_at)
            self._memory.keep(desk)
        return desk

    def _decide(self, desk: Desk, applicant: _Applicant, now: datetime) -> Booked:
        mine = desk.roster.find(applicant.key)
        if mine is not None and mine.submission.startswith(applicant.submission):
            return _answer_again(desk.session, mine, applicant)
        desk.session.check_takes_bookings(now)
        mail_id = None
        if mine is not None and mine.is_live:
            mail_id = self._asked_again(desk.session, mine, now)
        desk.session.check_has_place(desk.roster.held)
        if mine is None or not mine.is_live:
            mail_id = self._place(desk, mine, applicant, now)
        return Booked(
            session=desk.session, reference=applicant.reference, state=AttendeeState.CONFIRMED, mail_id=mail_id
        )

    def _place(self, desk: Desk, cancelled: Attendee | None, applicant: _Applicant, now: datetime) -> str:
        attendee = _attendee(applicant, cancelled, now)
        guard, placed = self.store.place(desk.session, desk.roster.guard, attendee)
        self._memory.keep(desk.after(placed, guard))
        return str(MailId(attendee.key, attendee.generation, MailKind.CONFIRMATION))

    def _asked_again(self, session: Session, mine: Attendee, now: datetime) -> str | None:
        if mine.asked_again_at is not None and now - mine.asked_again_at < ASKED_AGAIN_AFTER:
            return None
        self.store.note_asked_again(session.id, mine, now)
        self._memory.forget(session.id)
        return str(MailId(mine.key, mine.generation, MailKind.AGAIN, stamp(now)))


def _answer_again(session: Session, mine: Attendee, applicant: _Applicant) -> Booked:
    if mine.submission != applicant.fingerprint or not mine.is_live:
        raise SubmissionReusedError(session.id)
    return Booked(session=session, reference=mine.reference, state=mine.state, mail_id=None)


def _attendee(applicant: _Applicant, cancelled: Attendee | None, now: datetime) -> Attendee:
    request = applicant.request
    return Attendee(
        key=applicant.key,
        reference=applicant.reference,
        state=AttendeeState.CONFIRMED,
        name=request.full_name,
        email=request.email,
        adjustments=request.adjustments,
        share_adjustments=request.share_adjustments,
        reminders=request.reminders,
        booked_at=now.astimezone(UTC),
        generation=cancelled.generation + 1 if cancelled else 1,
        submission=applicant.fingerprint,
        asked_again_at=None,
        mail="",
        etag=cancelled.etag if cancelled else "",
    )
