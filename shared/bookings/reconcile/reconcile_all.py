"""One run over all sessions: each is reconciled, and the emails that are due are released in their order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from shared.bookings.email_log.bounces import MassBounce
from shared.bookings.emails.address_limit.turns import in_turn, waiting_emails
from shared.bookings.model.announcement_rules import is_change_urgent
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.session import Session, SessionState
from shared.bookings.reconcile.bounced_addresses import BouncedAddresses
from shared.bookings.reconcile.duplicate_rows import same_key_problem
from shared.bookings.reconcile.failed_session import note_failure
from shared.bookings.reconcile.session_reconciler import ReconciledSession, SessionReconciler
from shared.bookings.reconcile.stale_saves.moved_back import moved_back, moved_submissions, without_emails_to
from shared.bookings.reconcile.stray_bookings import StrayBooking, StrayBookings
from shared.bookings.tables.announced_cell import announced_text, read_announced
from shared.bookings.tables.deleted_sessions import deleted_session
from shared.bookings.tables.past_sessions import PastSessions, is_marked
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_register import KnownSession, SessionRegister
from shared.bookings.tables.session_rows import OVER, SessionRow, rows_by_id, session_among
from shared.failure_isolation import Result, run_isolated
from shared.mail.log_rows import MailState
from shared.mail.quota import SendingQuota
from shared.tables.service_table import ServiceRows
from shared.tables.table import Without

logger = logging.getLogger(__name__)

# Confirmations, cancellations and changes shortly before a start first, then reminders, then the rest.
_PRIORITY = {
    MailKind.CONFIRMATION: 0,
    MailKind.CHECKING: 0,
    MailKind.SESSION_CANCELLED: 0,
    MailKind.BOOKING_CANCELLED: 0,
    MailKind.HOLD_EXPIRED: 0,
    MailKind.REMINDER: 1,
    MailKind.PROVE: 1,
}


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """The result of one run: every row, the sessions reconciled, and those known before.

    `failed` names the type of the error of each session that could not be reconciled, by its id. `strays` are the
    bookings under sessions that do not exist, `mass_bounces` the domains of which many addresses came back.
    """

    rows: tuple[SessionRow, ...]
    reconciled: tuple[ReconciledSession, ...]
    known: Mapping[str, KnownSession]
    failed: Mapping[str, str]
    strays: tuple[StrayBooking, ...] = ()
    mass_bounces: tuple[MassBounce, ...] = ()

    @property
    def lost(self) -> Mapping[str, int]:
        """Number of bookings that were lost with their table, by session."""
        return {each.session.id: each.lost for each in self.reconciled if each.lost}

    @property
    def complete(self) -> bool:
        """True if no session was left out."""
        return not self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReconciler:
    """Finds what is due in all sessions. It sends nothing itself: running it twice at once doubles nothing."""

    rows: BookingRepository
    reconciler: SessionReconciler
    register: SessionRegister
    past: PastSessions
    quota: SendingQuota = field(default_factory=SendingQuota)

    def run(self, service_rows: ServiceRows, now: datetime) -> ReconcileResult:
        """Reconciles every session that is not over at `now` (UTC).

        1. Reads the rows of the schedule, once a day with those marked as over, and which sessions have bookings.
        2. Reconciles the session of each row; of rows with the same key one is the session, and all of them are named.
           One that fails stops no other, and its row says so.
        3. Reconciles the known sessions whose row is gone, in the same way.
        4. Keeps or cancels the bookings of people whose email came back.
        5. Returns what was found, and which sessions failed.

        Raises:
            StorageError: the schedule itself cannot be read.
        """
        unread, known = self.past.unread(service_rows, now), self.register.known(service_rows)
        rows = self._read_rows(unread)
        by_id = rows_by_id(rows)
        found = [(row.id, self._try_row(row, by_id[row.id], known.get(row.id), now)) for row in rows]
        deleted = (each for each in known.values() if each.id not in by_id)
        found += [
            (each.id, _isolated(each.id, partial(self._reconcile_deleted, each, unread, now))) for each in deleted
        ]
        self._record_marks(rows, [result for _, result in found], unread, now)
        reconciled = self._without_moved_back([each.value for _, each in found if each.value is not None], now)
        failed = {session_id: type(each.error).__name__ for session_id, each in found if not each.succeeded}
        policy = self.reconciler.policy
        bounced_addresses = BouncedAddresses(self.rows, policy.working_days, policy.domains)
        reconciled, masses = bounced_addresses.settle(reconciled, now)
        return ReconcileResult(tuple(rows), reconciled, known, failed, mass_bounces=masses)

    def find_strays(
        self, result: ReconcileResult, service_rows: ServiceRows, now: datetime
    ) -> tuple[StrayBooking, ...]:
        """The bookings under sessions that do not exist, each named in its `Problem`. Raises StorageError."""
        return StrayBookings(self.rows, self.register).find(result.rows, result.known, service_rows, now)

    def mails_within_quota(self, found: Sequence[ReconciledSession], now: datetime, *, ahead: int = 0) -> list[DueMail]:
        """As many of the emails due as the email service allows now after `ahead` others, the most important first."""
        ranked = [(_priority(mail, each.session, now), mail) for each in found for mail in each.due]
        due = _in_turn([mail for _, mail in sorted(ranked, key=lambda pair: pair[0])], found, now)
        sent = [
            entry.at
            for reconciled in found
            for entry in reconciled.log.values()
            if entry.state is not MailState.SKIPPED and not entry.waits and not entry.sent_with
        ]
        left = self.quota.left([*sent, *[now] * ahead], now)
        if left is not None and left < len(due):
            logger.info("%d emails deferred to a later run: sending quota reached", len(due) - left)
        return due[:left]

    def _try_row(
        self, row: SessionRow, same_key: Sequence[SessionRow], known: KnownSession | None, now: datetime
    ) -> Result[ReconciledSession | None]:
        result = _isolated(row.id, partial(self._reconcile, row, same_key, known, now))
        if not result.succeeded:
            part = f"note in the row of session {row.id}"
            run_isolated(logger, part, lambda: note_failure(self.rows.sessions_table, row, now))
        return result

    def _record_marks(
        self,
        rows: Sequence[SessionRow],
        found: Sequence[Result[ReconciledSession | None]],
        unread: Without | None,
        now: datetime,
    ) -> None:
        marked = [result for row, result in zip(rows, found, strict=False) if is_marked(row)]
        if (marked or (unread is None and rows)) and all(result.succeeded for result in marked):
            self.past.record(rows, now)

    def _read_rows(self, unread: Without | None) -> list[SessionRow]:
        """The rows to reconcile, those with the key of a new row among them: a new one lacks the service's cells."""
        rows = self.rows.session_rows(unread)
        new = [row for row in rows if OVER not in row.row.cells] if unread else []
        named = [other for row in new for other in self.rows.session_rows_named(row.id)]
        by_keys = {(row.row.partition, row.id): row for row in [*named, *rows]}
        return list(by_keys.values())

    def _without_moved_back(self, found: Sequence[ReconciledSession], now: datetime) -> tuple[ReconciledSession, ...]:
        """The sessions without emails to people who moved away and whose old row a stale save made live again.

        The email log says from now on that they are not booked, so that the next run settles the row.
        """
        key, moved = self.reconciler.mover.bookings.key, moved_submissions(found)
        checked = [(each, moved_back(each, moved, key)) for each in found]
        for reconciled, ids in checked:
            run_isolated(
                logger,
                f"moves away from session {reconciled.session.id}",
                partial(self.reconciler.log.skip, reconciled.session.id, ids, now),
            )
        return tuple(without_emails_to(reconciled, ids) for reconciled, ids in checked)

    def _reconcile(
        self, row: SessionRow, same_key: Sequence[SessionRow], known: KnownSession | None, now: datetime
    ) -> ReconciledSession | None:
        if len(same_key) == 1:
            reconciled = self.reconciler.reconcile(self._with_remembered_history(row, known), (), now)
        else:
            reconciled = self._reconcile_duplicate(row, same_key, known, now)
        if reconciled is not None and any(attendee.is_live for attendee in reconciled.roster.attendees):
            self._remember(KnownSession(row.id, announced_text(reconciled.session), None), known)
        return reconciled

    def _reconcile_duplicate(
        self, row: SessionRow, same_key: Sequence[SessionRow], known: KnownSession | None, now: datetime
    ) -> ReconciledSession | None:
        """Reconciles the row that is the session, as it was announced, and only names the problem in the others."""
        kept = session_among(same_key, self._told(known))
        problems = (same_key_problem(row, same_key, kept),)
        if row is kept:
            held = replace(self._with_remembered_history(row, known), on_hold=True)
            return self.reconciler.reconcile(held, problems, now)
        self.reconciler.name_problems(row, problems, now)
        return None

    def _reconcile_deleted(
        self, known: KnownSession, unread: Without | None, now: datetime
    ) -> ReconciledSession | None:
        announced = self._told(known)
        if announced is not None and announced.is_over(now):
            return None  # nothing is owed any more, whether the row was deleted or left unread
        if unread is not None and self.rows.session_row(known.id) is not None:
            return None
        since = min(known.missing_since or now, now)  # a clock that was ahead may have missed it first
        self._remember(KnownSession(known.id, known.announced, since), known)
        session = deleted_session(KnownSession(known.id, known.announced, since), self.rows.reminders, now)
        if session is None:
            return None
        if session.state is SessionState.CANCELLED:  # who puts the row back finds what attendees were told
            self._remember(KnownSession(known.id, announced_text(session), since), known)
        return self.reconciler.reconcile_deleted(session, now)

    def _with_remembered_history(self, row: SessionRow, known: KnownSession | None) -> SessionRow:
        """A row that was deleted and put back, with what attendees were told before: the row itself forgot it.

        It may have been away for less than a run, and someone may have booked it since: then it knows of them alone.
        """
        announced = self._told(known)
        if known is None or announced is None:
            return row
        remembers = row.known is not None and row.known.continues(announced)
        return row if remembers and known.missing_since is None else replace(row, known=announced)

    def _told(self, known: KnownSession | None) -> Session | None:
        return None if known is None else read_announced(known.id, known.announced, self.rows.reminders)

    def _remember(self, session: KnownSession, known: KnownSession | None) -> None:
        if session != known:
            self.register.remember(session)


def _isolated(session_id: str, reconcile: Callable[[], ReconciledSession | None]) -> Result[ReconciledSession | None]:
    return run_isolated(logger, f"reconciliation of session {session_id}", reconcile)


def _in_turn(due: Sequence[DueMail], found: Sequence[ReconciledSession], now: datetime) -> list[DueMail]:
    """Those due, less what waits because its address had as many emails as it may have."""
    attendees = [attendee for each in found for attendee in each.roster.attendees]
    waiting = [mail for each in found for mail in waiting_emails(each.due, each.roster.attendees, each.log)]
    return in_turn(due, waiting, attendees, now)


def _priority(mail: DueMail, session: Session, now: datetime) -> int:
    mail_id = MailId.parse(mail.mail_id)
    if mail_id and mail_id.kind is MailKind.UPDATED and is_change_urgent(session, now):
        return 0
    return _PRIORITY.get(mail_id.kind, 2) if mail_id else 2
