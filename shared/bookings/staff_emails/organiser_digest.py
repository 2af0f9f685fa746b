"""The mail to the organiser: what is new in any session that a person has to see to, gathered to one mail an hour."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.bookings.model.allocation_policy import Policy
from shared.bookings.model.email_ids import stamp
from shared.bookings.model.session import SessionState
from shared.bookings.reconcile.portal_edits import look_after
from shared.bookings.reconcile.session_reconciler import LookedAfter
from shared.bookings.staff_emails.digest_log import MOST_IN_ONE, Told, ToldRows
from shared.bookings.staff_emails.organiser_alerts import (
    Concern,
    concerns,
    deleted_row,
    facilitators_not_told,
    row_problem,
)
from shared.bookings.tables.announced_cell import read_announced
from shared.bookings.tables.session_register import KnownSession
from shared.bookings.tables.session_rows import SessionRow
from shared.mail.delivery import Refused, Sent
from shared.mail.immediate_sender import DirectMail
from shared.mail.log_rows import MailState
from shared.mail.message import EmailMessage
from shared.mail.renderer import Letters
from shared.references import keyed
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)

PARTITION = "organiser"
"""Where the mail log keeps these mails."""

APART = timedelta(hours=1)
"""At least this long between two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Tells one address. `key` makes the hashes by which it is known again what was told."""

    address: str = field(repr=False)
    key: bytes = field(repr=False)
    told: ToldRows
    mail: DirectMail
    letters: Letters = field(repr=False)
    policy: Policy = field(default_factory=Policy)

    def run(
        self, rows: Sequence[SessionRow], found: Sequence[LookedAfter], known: Mapping[str, KnownSession], now: datetime
    ) -> None:
        """Tells what one run of the schedule found: all rows, the sessions looked after, those known before it.

        Raises:
            StorageError: it is not known how far it came; the next run goes on.
        """
        self.tell([*of_rows(rows), *of_sessions(found, known, self.policy, now)], now)

    def tell(self, current: Iterable[Concern], now: datetime) -> None:
        """Tells those of all current concerns that were not told before, once a mail may go. Raises as above."""
        by_key = {self._key(concern): concern for concern in current}
        if not by_key or self.mail.pause.is_on(now):
            return
        told = self.told.read()
        untold = told.untold(by_key)
        try:
            if untold and (mail_id := self._open_mail(told, now)):
                self._send(mail_id, by_key, untold, now)
        except RowConflictError:
            logger.info("the mail to the organiser is left to the next run: another process is at it")

    def _key(self, concern: Concern) -> str:
        return keyed(self.key, "concern", *concern.about)[:32]

    def _open_mail(self, told: Told, now: datetime) -> str | None:
        """The mail to send now: the last one where that is not over with, else the next, or none yet."""
        if not told.done:
            return told.mail if self._is_open(told.mail) else None
        if now - told.since < APART:
            return None
        mail_id = f"{PARTITION}-{stamp(now)}"
        self.told.begin(told, mail_id, now)
        return mail_id

    def _is_open(self, mail_id: str) -> bool:
        entry = self.mail.ledger.entries(PARTITION).get(mail_id)
        if entry is None or entry.state is MailState.SENDING:
            return True  # claiming it says whether somebody else is at it
        self.told.finish(mail_id, told=entry.state is not MailState.FAILED)
        return False

    def _send(self, mail_id: str, by_key: Mapping[str, Concern], untold: Sequence[str], now: datetime) -> None:
        keys = untold[:MOST_IN_ONE]
        message = self._message([by_key[key] for key in keys], more=len(untold) > len(keys))
        # Two attempts may differ in what they tell, so what this one tells is written down just before it goes.
        outcome = self.mail.deliver(
            PARTITION, mail_id, message, now, lambda: self.told.fill(mail_id, keys, by_key.keys(), now)
        )
        if isinstance(outcome, Sent | Refused):
            self.told.finish(mail_id, told=isinstance(outcome, Sent))

    def _message(self, told: Sequence[Concern], *, more: bool) -> EmailMessage:
        facts = [(concern.title, concern.text) for concern in told]
        return self.letters.write("organiser", to=self.address, concerns=facts, more=more)


def of_rows(rows: Sequence[SessionRow]) -> list[Concern]:
    """What is wrong with rows that no session was ever read from, and with two that are called the same."""
    found = [row_problem(row.id, " ".join(row.problems)) for row in rows if row.session is None and row.problems]
    twice = [session_id for session_id, count in Counter(row.id for row in rows).items() if count > 1]
    return found + [row_problem(session_id, "Two rows have this RowKey: give each its own.") for session_id in twice]


def of_sessions(
    found: Sequence[LookedAfter], known: Mapping[str, KnownSession], policy: Policy, now: datetime
) -> list[Concern]:
    """What there is to hear of the sessions that were looked after, earliest first."""
    ordered = sorted(found, key=lambda looked: (looked.session.starts, looked.session.id))
    return [concern for looked in ordered for concern in _tried(looked, known, policy, now)]


def _tried(looked: LookedAfter, known: Mapping[str, KnownSession], policy: Policy, now: datetime) -> list[Concern]:
    try:
        return _of_session(looked, known, policy, now)
    except Exception as error:  # noqa: BLE001  # whatever it is, one session must not stop the others
        name = type(error).__name__  # alone: a message can quote a cell
        logger.error("what to hear of session %s could not be found: %s", looked.session.id, name)  # noqa: TRY400
        return []


def _of_session(looked: LookedAfter, known: Mapping[str, KnownSession], policy: Policy, now: datetime) -> list[Concern]:
    row, session = looked.row, looked.session
    if row is None:
        return [*_of_deleted(looked, known, now), *concerns(session, looked.roster, policy, now)]
    # What the run wrote, or would write, into the row's Problem.
    problem = look_after(row, looked.roster, now).cells.get("Problem", row.row.text("Problem"))
    if row.written is not None and row.written.join_url:
        session = replace(session, join_url=row.written.join_url)  # the organiser did that, it has only to settle
    found = [row_problem(session.id, problem)] if problem else []
    return found + facilitators_not_told(session, looked.log) + concerns(session, looked.roster, policy, now)


def _of_deleted(looked: LookedAfter, known: Mapping[str, KnownSession], now: datetime) -> list[Concern]:
    remembered = known.get(looked.session.id)
    if remembered is None or now >= looked.session.starts:
        return []
    announced = read_announced(remembered.id, remembered.announced, ())
    if announced is None or announced.state is SessionState.CANCELLED:
        return []  # everybody was told that it is cancelled before somebody tidied up
    concern = deleted_row(looked.session, looked.roster, remembered.missing_since or now)
    return [concern] if concern else []
