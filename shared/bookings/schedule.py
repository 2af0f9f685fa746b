"""Looking after every session that is not over: what each owes is found anew on every run."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bookings.model import Attendee, Roster, Session
from shared.bookings.reconcile import reconcile
from shared.mail.ledger import Entry
from shared.rows import RowConflictError, StorageError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueMail:
    """One mail to hand over now, as a queue names it."""

    session_id: str
    mail_id: str


class Rosters(Protocol):
    """What the schedule needs of the tables; `shared.bookings.repository` describes each."""

    def sessions(self) -> list[Session]: ...
    def roster(self, session_id: str) -> Roster: ...
    def note_mail(self, session_id: str, mail: Mapping[Attendee, str]) -> None: ...


class Log(Protocol):
    """What the schedule needs of the mail log; `shared.mail.ledger` describes each."""

    def entries(self, partition: str) -> dict[str, Entry]: ...


@dataclass(frozen=True, slots=True)
class BookingSchedule:
    """Finds what is due in all sessions. It sends nothing itself: running it twice at once doubles nothing."""

    rosters: Rosters
    log: Log

    def run(self, now: datetime) -> tuple[list[DueMail], bool]:
        """The mails due at `now` (UTC), and whether every session could be looked at.

        Raises:
            StorageError: the schedule itself cannot be read.
        """
        due: list[DueMail] = []
        complete = True
        for session in self.rosters.sessions():
            if session.is_over(now):
                continue
            try:
                due += self._look_after(session, now)
            except StorageError as error:  # one session must not stop the others
                logger.error("session %s could not be looked after: %s", session.id, error)  # noqa: TRY400  # no trace
                complete = False
        return due, complete

    def _look_after(self, session: Session, now: datetime) -> list[DueMail]:
        roster = self.rosters.roster(session.id)
        changes = reconcile(session, roster, self.log.entries(session.id), now)
        if changes.notes:
            self._note(session, changes.notes)
        return [DueMail(session.id, str(mail_id)) for mail_id in changes.mails]

    def _note(self, session: Session, notes: Mapping[Attendee, str]) -> None:
        try:
            self.rosters.note_mail(session.id, notes)
        except RowConflictError:
            logger.info("notes of session %s are left to the next run: a row changed meanwhile", session.id)
