"""Reconciles one session on each run of the timer, and lists the emails that are due."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from shared.bookings.email_log.lost_roster import lost_bookings, lost_in_words
from shared.bookings.emails.due_emails import mails_to_send
from shared.bookings.emails.feedback import is_feedback_owed, may_ask
from shared.bookings.emails.reminders import reminders_skipped_too_early, reminders_to_skip
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Roster
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.same_person import one_place_each
from shared.bookings.model.session import Session
from shared.bookings.places.applicant import typed_reference
from shared.bookings.reconcile.attendance import AttendanceCells
from shared.bookings.reconcile.portal_edits import reconcile_row
from shared.bookings.reconcile.requests.past_session import cells_when_over
from shared.bookings.reconcile.roster import RosterChanges, reconcile_roster
from shared.bookings.reconcile.stale_saves.cancelled_rows import moves_to_note
from shared.bookings.self_service.mover import Mover
from shared.bookings.tables.past_sessions import marker_cells
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_rows import SessionRow
from shared.mail.ledger import MailLedger
from shared.mail.log_rows import MailLogEntry
from shared.tables.table import MAX_WRITES, RowConflictError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconciledSession:
    """One session after a run: as it now stands, its roster, the emails due, and what was sent before.

    `row` is None for a session whose row was deleted. `lost` counts the people who were promised a place and whose
    rows are gone with their table.
    """

    row: SessionRow | None
    session: Session
    roster: Roster
    due: tuple[DueMail, ...]
    log: Mapping[str, MailLogEntry]
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReconciler:
    """Puts one session right. Every write is conditional: what someone changed meanwhile is left to the next run."""

    rosters: BookingRepository
    log: MailLedger
    mover: Mover
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)
    attendance: AttendanceCells = field(default_factory=AttendanceCells)

    def reconcile(self, row: SessionRow, problems: tuple[str, ...], now: datetime) -> ReconciledSession | None:
        """Reconciles the session of a row; None where it is over, or was never understood.

        1. Leaves out a row without a session, or on hold before it was ever announced, after writing its `Problem`; and
           one that is over, after marking it.
        2. Reads the roster and the email log of the session, and sees if bookings were lost with their table. Reminders
           that a wrong clock skipped too early are not skipped any more.
        3. Changes the roster: notes manual edits, frees places held too long, gives free ones to those who wait. After
           a loss it gives none, and on hold it neither gives nor frees any.
        4. Changes the row: settles or announces an edit, and writes what administrators read.
        5. Marks emails as skipped: reminders that can no longer be in time, and cancellations by a move.
        6. Finishes the moves that were interrupted, or takes them back.
        7. Lists the emails that are due.

        Raises:
            StorageError, BookingsBusyError: it was not finished; the next run does it.
        """
        session = row.session
        if session is None or (row.on_hold and (row.known is None or session.is_over(now))):
            self.name_problems(row, problems, now)
            return None
        if row.is_over(now):
            return self._ask_for_feedback(row, session, problems, now)
        roster, log, lost = self._read_roster(session, now)
        row = _with_versions_counted(row, log)
        is_current = partial(self.rosters.is_unchanged, row)
        policy = replace(self.policy, on_hold=row.on_hold)
        roster = self._change_roster(session, roster, log, policy, now, lost=lost, is_current=is_current)
        problems += (lost_in_words(session.id, lost),) if lost else ()
        problems += self.attendance.problems(row, now)
        row_changes = reconcile_row(row, roster, now, problems, self.attendance.columns)
        if self._change_row(row, row_changes.cells):
            session = row_changes.session or session
        return replace(self._result(row, session, roster, log, now), lost=lost)

    def _ask_for_feedback(
        self, row: SessionRow, session: Session, problems: tuple[str, ...], now: datetime
    ) -> ReconciledSession | None:
        """The session with the emails that ask how it was, while any is to come; else None, and the row is marked."""
        roster, log = Roster((), ""), dict[str, MailLogEntry]()
        if self.policy.feedback and may_ask(session, now):
            roster, log = self._marked_roster(session), dict(self.log.entries(session.id))
        is_owed = is_feedback_owed(session, roster, log, now)
        # A row with problems is looked at in every run.
        marker = marker_cells(row, over=not problems and not is_owed)
        self._change_row(row, {**cells_when_over(row, self.attendance, now), **marker})
        due = mails_to_send(session, roster, log, self.policy, now) if is_owed else []
        mails = tuple(DueMail(session.id, str(mail_id)) for mail_id in due)
        return ReconciledSession(row, session, roster, mails, log) if is_owed else None

    def name_problems(self, row: SessionRow, problems: tuple[str, ...], now: datetime) -> None:
        """Writes the `Problem` of a row that is no session at present, and nothing of what it says. Raises as above."""
        no_session = replace(row, written=None, known=None)
        cells = reconcile_row(no_session, Roster((), ""), now, problems).cells
        kept = {"Confirmed", "Waiting"} & row.row.cells.keys()  # nobody was counted for this row
        named = {name: value for name, value in cells.items() if name not in kept}
        self._change_row(row, {**named, **marker_cells(row, over=False)})  # a row with problems is read in every run

    def reconcile_deleted(self, session: Session, now: datetime) -> ReconciledSession | None:
        """Reconciles a session whose row was deleted: what its attendees are owed, they still are. Raises as above."""
        if session.is_over(now):
            return None
        roster, log, lost = self._read_roster(session, now)
        is_gone = partial(self._is_gone, session.id)
        roster = self._change_roster(session, roster, log, self.policy, now, lost=lost, is_current=is_gone)
        return replace(self._result(None, session, roster, log, now), lost=lost)

    def _read_roster(self, session: Session, now: datetime) -> tuple[Roster, Mapping[str, MailLogEntry], int]:
        """The roster, the email log, and how many bookings of a session still to come were lost."""
        roster, log = self._marked_roster(session), self._read_log(session, now)
        if not session.runs or now >= session.starts or not lost_bookings(roster, log):
            return roster, log, 0
        roster = self._marked_roster(session)  # the first booking may have been made and confirmed meanwhile
        return roster, log, len(lost_bookings(roster, log))

    def _read_log(self, session: Session, now: datetime) -> Mapping[str, MailLogEntry]:
        log = self.log.entries(session.id)
        early = reminders_skipped_too_early(log, now)
        self.log.forget_skipped(session.id, early)
        return {mail_id: entry for mail_id, entry in log.items() if entry not in early}

    def _marked_roster(self, session: Session) -> Roster:
        """The roster, with the rows of people who are on it twice marked: they get no email, whatever comes between."""
        roster = self.rosters.roster(session.id)
        return replace(roster, attendees=one_place_each(roster.attendees))

    def _result(
        self, row: SessionRow | None, session: Session, roster: Roster, log: Mapping[str, MailLogEntry], now: datetime
    ) -> ReconciledSession:
        self.log.skip(session.id, [*reminders_to_skip(session, roster, log, now), *moves_to_note(roster, log)], now)
        # Nothing is changed any more once the session has started.
        started = now >= session.starts
        due = [
            mail
            for attendee in roster.attendees
            for mail in self.mover.settle(session.id, attendee, now, gives_up=started)
        ]
        due += [DueMail(session.id, str(mail_id)) for mail_id in mails_to_send(session, roster, log, self.policy, now)]
        return ReconciledSession(row, session, roster, tuple(due), log)

    def _is_gone(self, session_id: str) -> bool:
        return self.rosters.session_row(session_id) is None

    def _with_references(self, session: Session, roster: Roster) -> Roster:
        key = self.mover.bookings.key
        return roster.with_changed(
            *(
                each if each.reference else replace(each, reference=typed_reference(key, session.id, each))
                for each in roster.attendees
            )
        )

    def _change_roster(  # noqa: PLR0913  # what it decides on
        self,
        session: Session,
        roster: Roster,
        log: Mapping[str, MailLogEntry],
        policy: AllocationPolicy,
        now: datetime,
        *,
        lost: int,
        is_current: Callable[[], bool],
    ) -> Roster:
        """The roster as it is after the changes were written, or as it was where someone else was faster.

        Places are given only if the session `is_current`: the row was read when the run began, before the guard was,
        and an administrator may have lowered the capacity since.
        """
        if lost:
            policy = replace(policy, on_hold=True)  # the places that seem free are not
        elif roster.attendees and not roster.guard:
            # Typed by hand so far. From now on a roster without its guard was lost.
            roster = replace(roster, guard=self.rosters.create_guard(session.id, now))
        changes = reconcile_roster(session, self._with_references(session, roster), log, policy, now).since(roster)
        if not changes.changed:
            return roster
        if changes.gives_places and not is_current():
            logger.info("roster of session %s left to the next run: its row was changed meanwhile", session.id)
            return roster
        try:
            self._write(session, roster, changes, now)
        except RowConflictError:
            logger.info("roster of session %s left to the next run: a row was changed by another process", session.id)
            return roster
        return changes.roster

    def _write(self, session: Session, roster: Roster, changes: RosterChanges, now: datetime) -> None:
        if changes.moves_places:
            # The guard is one of the writes. Whoever is left over is found by the next run.
            self.rosters.update_places(session.id, roster.guard, changes.changed[: MAX_WRITES - 1], now)
        else:
            self.rosters.update_attendees(session.id, changes.changed)

    def _change_row(self, row: SessionRow, cells: Mapping[str, Any]) -> bool:
        if not cells:
            return True
        try:
            self.rosters.update_session_row(row, cells)
        except RowConflictError:
            logger.info("row of session %s left to the next run: it was changed by another process", row.id)
            return False
        return True


def _with_versions_counted(row: SessionRow, log: Mapping[str, MailLogEntry]) -> SessionRow:
    """The row, whose versions go on after those that the email log names where nothing else remembers them.

    An email about version 2 is sent once: if the count began anew, the next version 2 would be told to no one.
    """
    if row.written is None or row.known is not None or not row.announced_unreadable:
        return row
    told = max((entry.version for entry in log.values()), default=0)
    return replace(row, written=replace(row.written, forgotten=max(0, told - 1)))
