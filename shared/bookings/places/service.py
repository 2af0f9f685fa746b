"""Booking a place: one decision, one transaction, and no place given twice."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, MailKind, stamp
from shared.bookings.model.errors import (
    BookingsBusyError,
    NotForOutsidersError,
    SessionUnknownError,
    TooLateToCheckError,
)
from shared.bookings.model.place_count import PlaceCount
from shared.bookings.model.session import Session, with_first_announcement
from shared.bookings.places.applicant import Applicant, applicant
from shared.bookings.places.as_told import with_rows_as_told
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.list_memory import ListMemory
from shared.bookings.places.repeat_request import repeat_answer, repeat_noted, with_own_address
from shared.bookings.places.request import BookingRequest, BookingResult
from shared.bookings.places.snapshot_cache import SessionLocks, Snapshot, SnapshotCache
from shared.bookings.places.state_for_applicant import state_for
from shared.bookings.places.suspension import check_nothing_is_lost
from shared.bookings.tables.place_counts import read_place_counts
from shared.bookings.tables.repository import BookingRepository
from shared.failure_isolation import run_isolated
from shared.mail.ledger import MailLedger
from shared.tables.table import RowConflictError, StorageUnavailableError, is_key

logger = logging.getLogger(__name__)

TRIES = 60
TIMEOUT = 20.0  # seconds; the person at the form is waiting


@dataclass(frozen=True, slots=True)
class BookingService:
    """Gives places. `key` makes row keys and references, and is never changed: a changed one finds nobody again."""

    store: BookingRepository
    key: bytes = field(repr=False)
    log: MailLedger = field(kw_only=True)
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _cache: SnapshotCache = field(default_factory=SnapshotCache)
    _locks: SessionLocks = field(default_factory=SessionLocks)
    lists: ListMemory = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lists", ListMemory(self.monotonic))

    def bookable_sessions(self, now: datetime) -> list[BookableSession]:
        """Every session that is listed at this moment (UTC), earliest first, with the places left in each.

        The places are for showing: they may be five seconds old. A session that cannot be shown is left out.

        Raises:
            StorageError: the sessions or the places cannot be read.
        """
        open_now = [each for each in self.lists.sessions(self.store, now) if each.is_listed(now)]
        counts = self.lists.counts(self.store, [each.id for each in open_now])
        shown = (
            run_isolated(logger, f"list of session {each.id}", partial(self._bookable, each, counts[each.id], now))
            for each in open_now
        )
        return [each.value for each in shown if each.value is not None]

    def bookable_session(self, session_id: str, now: datetime) -> BookableSession | None:
        """The session if it takes bookings at this moment (UTC), with the places left in it: looked up, not remembered.

        None if there is no such session, or it takes no bookings.
        """
        row = self.store.session_row(session_id) if is_key(session_id) else None
        if row is None or row.session is None or not row.session.takes_bookings(now):
            return None
        count = read_place_counts(self.store.bookings_table, [session_id])[session_id]
        return self._bookable(row.session, count, now)

    def session(self, session_id: str) -> Session:
        """One session.

        Raises:
            SessionUnknownError: there is none with this id.
        """
        row = self.store.session_row(session_id) if is_key(session_id) else None
        if row is None or row.session is None:
            raise SessionUnknownError
        return row.session

    def book(self, request: BookingRequest, now: datetime) -> BookingResult:
        """Gives the person a place, or the answer that they had for the same submission.

        An address that has a place already is answered as a stranger's would be, and told the truth by email.

        Args:
            request: what was asked for.
            now: UTC.

        Raises:
            SessionUnknownError, SessionPastError, SessionClosedError, SessionFullError: nothing was stored.
            SessionSuspendedError: bookings of this session were lost; nothing was stored.
            TooManyUnprovenError: nothing was stored, because too many others have yet to prove their address.
            NotForOutsidersError, TooLateToCheckError: the address does not say that they work for the trust.
            SubmissionReusedError: the same submission was stored with other answers, which stand.
            SubmissionCancelledError: the booking of the same submission was cancelled since.
            BookingsBusyError: no clear answer in time; the same request may be sent again.
        """
        return self.book_applicant(applicant(request, self.key), now)

    def book_applicant(
        self,
        applied: Applicant,
        now: datetime,
        *,
        already_checked: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> BookingResult:
        """Books for an applicant, as `book` does.

        `already_checked`: they are known to work for the trust. `check` is called between the read and the write
        of each try, and stops the booking by raising. What it finds still holds when the booking is written, provided
        that whoever changes it touches the guard afterwards.
        """
        listed = already_checked or self.policy.is_staff_address(applied.request.email)
        if not listed and not applied.request.works_here:
            raise NotForOutsidersError
        applied = replace(applied, needs_check=not listed)

        def book_once(arrived: float) -> BookingResult:
            snapshot = self._snapshot(applied, arrived)
            check()
            return self._decide(snapshot, applied, now)

        return self.with_retries(applied.request.session_id, book_once)

    def with_retries[T](self, session_id: str, attempt: Callable[[float], T]) -> T:
        """Runs `attempt` in this session's turn until storage gives a clear answer.

        `attempt` gets the monotonic second at which the caller arrived, and may raise RowConflictError.

        Raises:
            BookingsBusyError: there was none within the timeout.
        """
        arrived = self.monotonic()
        with self._locks.hold(session_id, timeout=TIMEOUT):
            for number in range(TRIES):
                if self.monotonic() - arrived > TIMEOUT:
                    break
                try:
                    return attempt(arrived)
                except (RowConflictError, StorageUnavailableError):
                    # Someone was faster, or the answer was lost after the row was written: the next look shows which.
                    self._cache.forget(session_id)
                finally:
                    self.lists.forget(session_id)
                self.sleep(random.uniform(0, min(0.02 * 2**number, 1.0)))  # noqa: S311  # spreads retries, no secret
        raise BookingsBusyError

    def _bookable(self, session: Session, count: PlaceCount, now: datetime) -> BookableSession:
        places_left = self.policy.places_for_newcomer(session, count, now)
        return BookableSession(session, places_left, self.policy.may_join_waiting_list(session, count, now))

    def _snapshot(self, applied: Applicant, arrived: float) -> Snapshot:
        session_id = applied.request.session_id
        taken_at = self.monotonic()
        snapshot = self._cache.usable(
            session_id,
            submission=applied.submission,
            arrived=arrived,
            monotonic=taken_at,
            only_own=applied.is_unproven,
        )
        if snapshot is None:
            if not is_key(session_id):
                raise SessionUnknownError
            # The guard first: places that change after that make the write fail, so the capacity is read last.
            roster = self.store.roster(session_id)
            session = self._announced_session(session_id)
            snapshot = Snapshot(session, roster, taken_at, self.log.entries(session_id))
            self._cache.keep(snapshot)
        return snapshot

    def _announced_session(self, session_id: str) -> Session:
        """The session, as it is written down for everyone from the first booking on."""
        row = self.store.session_row(session_id)
        if row is None or row.session is None:
            raise SessionUnknownError
        if row.session.version or not row.session.runs:
            return row.session
        announced = with_first_announcement(row.session)
        self.store.save_announcement(row, announced)
        return announced

    def _decide(self, snapshot: Snapshot, applied: Applicant, now: datetime) -> BookingResult:
        snapshot = with_rows_as_told(snapshot, applied, now)
        mine = snapshot.roster.find_person(applied.key, applied.person)
        sent_before = snapshot.roster.find_submission(applied.submission)
        if sent_before is not None:
            return repeat_answer(snapshot.session, sent_before, applied)
        snapshot.session.check_takes_bookings(now)
        check_nothing_is_lost(self.store, snapshot)
        if applied.needs_check and not self.policy.may_be_checked(snapshot.session, now):
            raise TooLateToCheckError
        live = mine if mine is not None and mine.is_live else None
        mails = self._record_repeat(snapshot, live, applied, now) if live else ()
        state = state_for(self.policy, snapshot, applied, now)
        attendee = live or applied.attendee(state, mine, now)
        if live is None:
            mails = self._write(snapshot, attendee, now)
        return BookingResult(
            session=snapshot.session,
            reference=applied.reference,
            state=state,
            mail_ids=mails,
            unproven=applied.is_unproven,
            attendee=attendee,
        )

    def _write(self, snapshot: Snapshot, attendee: Attendee, now: datetime) -> tuple[str, ...]:
        kind = MailKind.PROVE if attendee.is_unproven else KIND_BY_STATE[attendee.state]
        if attendee.is_waiting:
            self.store.save_waiting(snapshot.session, attendee)
            self._cache.forget(snapshot.session.id)
            return (str(MailId.to(attendee, kind)),)
        lost = self.policy.yielded_to_newcomer(snapshot.session, snapshot.roster, now)
        guard, placed = self.store.save_with_place(snapshot.session, snapshot.roster.guard, attendee, lost)
        if lost:
            self._cache.forget(snapshot.session.id)  # what their rows are now is not known
        else:
            self._cache.keep(snapshot.with_attendee(placed, guard))
        return (str(MailId.to(placed, kind)),)

    def _record_repeat(self, snapshot: Snapshot, mine: Attendee, applied: Applicant, now: datetime) -> tuple[str, ...]:
        """Notes that someone with a booking asked again; writes as a new booking does, also if nothing is new.

        An email is named as for a new booking, too, even if it was sent or its hour has not come: whoever measures the
        answer learns nothing, and an email that is not due is not sent.
        """
        noted = repeat_noted(with_own_address(mine, snapshot.roster, applied), applied.request.full_name, now)
        etag = self.store.record_repeat_request(snapshot.session.id, noted)
        self._cache.keep(snapshot.with_attendee(replace(noted, etag=etag), snapshot.roster.guard))
        return (str(MailId.to(mine, MailKind.ALREADY_BOOKED, stamp(noted.asked_again_at or now))),)
