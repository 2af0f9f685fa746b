"""One run over all sessions: each is looked after, and the mails that are due are released in their order."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.session import SessionState
from shared.bookings.reconcile.session_reconciler import LookedAfter, LookingAfter
from shared.bookings.tables.announced_cell import announced_text, read_announced
from shared.bookings.tables.deleted_sessions import orphaned
from shared.bookings.tables.session_register import KnownSession
from shared.bookings.tables.session_rows import SessionRow
from shared.mail.log_rows import MailState
from shared.mail.quota import Budget
from shared.reminder_offsets import Offset
from shared.tables.service_table import Remembered

logger = logging.getLogger(__name__)

_SAME_KEY = "Another row has the same RowKey: give each session its own."
# Confirmations and cancellations first, then reminders, then the rest.
_FIRST = {
    MailKind.CONFIRMATION: 0,
    MailKind.CHECKING: 0,
    MailKind.CANCELLED: 0,
    MailKind.GONE: 0,
    MailKind.RELEASED: 0,
    MailKind.REMINDER: 1,
}


class Rows(Protocol):
    """Where the schedule is read; `shared.bookings.tables.repository` does it."""

    @property
    def reminders(self) -> tuple[Offset, ...]: ...

    def session_rows(self) -> list[SessionRow]: ...


class Register(Protocol):
    """What is remembered of sessions with bookings; `shared.tables.service_table` describes each."""

    def known(self, rows: Remembered) -> dict[str, KnownSession]: ...
    def remember(self, session: KnownSession) -> None: ...


@dataclass(frozen=True, slots=True)
class Round:
    """What one run saw: every row, the sessions looked after, those known before it, and whether none was left out."""

    rows: tuple[SessionRow, ...]
    looked: tuple[LookedAfter, ...]
    known: Mapping[str, KnownSession]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSchedule:
    """Finds what is due in all sessions. It sends nothing itself: running it twice at once doubles nothing."""

    rows: Rows
    looking: LookingAfter
    register: Register
    budget: Budget = field(default_factory=Budget)

    def run(self, remembered: Remembered, now: datetime) -> Round:
        """Looks after every session at `now` (UTC).

        Raises:
            StorageError: the schedule itself cannot be read.
        """
        rows, known = self.rows.session_rows(), self.register.known(remembered)
        counted = Counter(row.id for row in rows)
        found = [
            self._tried(row.id, lambda row=row: self._row(row, counted[row.id] > 1, known.get(row.id), now))  # type: ignore[misc]  # bound now
            for row in rows
        ]
        found += [
            self._tried(each.id, lambda each=each: self._orphan(each, now))  # type: ignore[misc]  # bound now
            for each in known.values()
            if each.id not in counted
        ]
        looked = tuple(each for each, _ in found if each is not None)
        return Round(tuple(rows), looked, known, complete=all(complete for _, complete in found))

    def released(self, found: Sequence[LookedAfter], now: datetime, *, ahead: int = 0) -> list[DueMail]:
        """As many of the mails due as the mail service allows now after `ahead` others, the most important first."""
        due = sorted((mail for looked in found for mail in looked.due), key=_importance)
        sent = [entry.at for looked in found for entry in looked.log.values() if entry.state is not MailState.SKIPPED]
        left = self.budget.left([*sent, *[now] * ahead], now)
        if left is not None and left < len(due):
            logger.info("%d mails wait for a later run: the mail service allows no more", len(due) - left)
        return due[:left]

    def _tried(self, session_id: str, look: Callable[[], LookedAfter | None]) -> tuple[LookedAfter | None, bool]:
        try:
            return look(), True
        except Exception as error:  # noqa: BLE001  # whatever it is, one session must not stop the others
            # Its type alone: a message can quote a cell.
            logger.error("session %s could not be looked after: %s", session_id, type(error).__name__)  # noqa: TRY400
            return None, False

    def _row(self, row: SessionRow, twice: bool, known: KnownSession | None, now: datetime) -> LookedAfter | None:
        row = self._as_remembered(row, known)
        looked = self.looking.session(row, (_SAME_KEY,) if twice else (), now)
        if looked is not None and any(attendee.is_live for attendee in looked.roster.attendees):
            self._remember(KnownSession(row.id, announced_text(looked.session), None), known)
        return looked

    def _orphan(self, known: KnownSession, now: datetime) -> LookedAfter | None:
        since = known.missing_since or now
        self._remember(KnownSession(known.id, known.announced, since), known)
        session = orphaned(KnownSession(known.id, known.announced, since), self.rows.reminders, now)
        if session is None:
            return None
        if session.state is SessionState.CANCELLED:  # who puts the row back finds what attendees were told
            self._remember(KnownSession(known.id, announced_text(session), since), known)
        return self.looking.orphan(session, now)

    def _as_remembered(self, row: SessionRow, known: KnownSession | None) -> SessionRow:
        """A row that was deleted and put back, with what attendees were told before: the row itself forgot it.

        It may have been away for less than a run, and somebody may have booked it since: then it knows of them alone.
        """
        told = read_announced(known.id, known.announced, self.rows.reminders) if known is not None else None
        if known is None or told is None:
            return row
        remembers = row.known is not None and row.known.history[: told.version] == told.history
        return row if remembers and known.missing_since is None else replace(row, known=told)

    def _remember(self, session: KnownSession, known: KnownSession | None) -> None:
        if session != known:
            self.register.remember(session)


def _importance(mail: DueMail) -> int:
    mail_id = MailId.parse(mail.mail_id)
    return _FIRST.get(mail_id.kind, 2) if mail_id else 2
