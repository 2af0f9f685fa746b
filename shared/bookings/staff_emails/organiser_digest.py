"""The email to the organiser: new alerts of all sessions, gathered to one email an hour."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.email_ids import stamp
from shared.bookings.model.session import Session, SessionState
from shared.bookings.reconcile.failed_session import failure_note
from shared.bookings.reconcile.portal_edits import reconcile_row
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.staff_emails.digest_log import MAX_ALERTS_PER_MAIL, DigestLog, DigestLogTable
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.bookings.staff_emails.organiser_alerts import (
    Alert,
    alerts,
    deleted_session_alert,
    failed_briefing_alerts,
    lost_roster_alert,
    mass_bounce_alert,
    row_problem_alert,
    stray_booking_alert,
    to_check_first,
)
from shared.bookings.tables.announced_cell import read_announced
from shared.bookings.tables.session_register import KnownSession
from shared.bookings.tables.session_rows import SessionRow
from shared.failure_isolation import run_isolated
from shared.mail.delivery import Refused, Sent
from shared.mail.log_rows import MailState
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from shared.references import keyed_hash
from shared.tables.table import RowConflictError
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)

PARTITION = "organiser"
"""Partition of the email log that keeps these emails."""

MIN_INTERVAL = timedelta(hours=1)
"""At least this long between two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserDigest:
    """Sends the alerts to one address. `key` makes the hashes by which an alert that was sent is recognised."""

    address: str = field(repr=False)
    key: bytes = field(repr=False)
    digest_log: DigestLogTable
    mail: ImmediateSender
    renderer: MailRenderer = field(repr=False)
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)

    def run(self, seen: ReconcileResult, now: datetime) -> None:
        """Tells what one run of the schedule found.

        Raises:
            StorageError: it is not known how far it came; the next run goes on.
        """
        stray = [stray_booking_alert(each) for each in seen.strays]
        many = [mass_bounce_alert(each) for each in seen.mass_bounces]
        current = [*many, *row_alerts(seen.rows), *failed_session_alerts(seen.rows, seen.reconciled, now), *stray]
        addresses = frozenset[str]().union(*(each.addresses for each in seen.mass_bounces))
        current += session_alerts(seen.reconciled, seen.known, self.policy, now, of_many=addresses)
        self.send_new_alerts(to_check_first(current), now)

    def send_new_alerts(self, current: Iterable[Alert], now: datetime) -> None:
        """Tells those of all current alerts that were not told before, once an email may go. Raises as above."""
        by_key = {self._key(alert): alert for alert in current}
        if not by_key or self.mail.pause.is_on(now):
            return
        log = self.digest_log.read()
        unsent = log.unsent(by_key)
        try:
            if unsent and (mail_id := self._open_mail(log, now)):
                self._send(mail_id, by_key, unsent, now)
        except RowConflictError:
            logger.info("organiser digest left to the next run: another process is sending it")

    def _key(self, alert: Alert) -> str:
        return keyed_hash(self.key, "concern", *alert.about)[:32]

    def _open_mail(self, log: DigestLog, now: datetime) -> str | None:
        """The email to send now: the last one where that is not over with, else the next, or none yet."""
        if not log.done:
            return log.mail if self._is_open(log.mail) else None
        if abs(now - log.since) < MIN_INTERVAL:  # later by more is the time of a wrong clock
            return None
        mail_id = f"{PARTITION}-{stamp(now)}"
        self.digest_log.begin(log, mail_id, now)
        return mail_id

    def _is_open(self, mail_id: str) -> bool:
        entry = self.mail.ledger.entries(PARTITION).get(mail_id)
        if entry is None or entry.state is MailState.SENDING:
            return True  # claiming it says whether someone else is at it
        self.digest_log.finish(mail_id, sent=entry.state is not MailState.FAILED)
        return False

    def _send(self, mail_id: str, by_key: Mapping[str, Alert], unsent: Sequence[str], now: datetime) -> None:
        keys = unsent[:MAX_ALERTS_PER_MAIL]
        message = self._message([by_key[key] for key in keys], more=len(unsent) > len(keys))
        # Two attempts may differ in what they tell, so what this one tells is written down just before it goes.
        outcome = self.mail.deliver(
            PARTITION, mail_id, message, now, lambda: self.digest_log.set_alerts(mail_id, keys, by_key.keys(), now)
        )
        if isinstance(outcome, Sent | Refused):
            self.digest_log.finish(mail_id, sent=isinstance(outcome, Sent))

    def _message(self, alerts: Sequence[Alert], *, more: bool) -> EmailMessage:
        facts = [(alert.title, alert.text) for alert in alerts]
        return self.renderer.render("organiser", to=self.address, alerts=facts, more=more)


def row_alerts(rows: Sequence[SessionRow]) -> list[Alert]:
    """Alerts about rows that no session was ever read from, and about two with one key."""
    found = [row_problem_alert(row.id, " ".join(row.problems)) for row in rows if row.session is None and row.problems]
    twice = [session_id for session_id, count in Counter(row.id for row in rows).items() if count > 1]
    return found + [row_problem_alert(session_id, sentence("organiser.same-key.text")) for session_id in twice]


def failed_session_alerts(rows: Sequence[SessionRow], found: Sequence[ReconciledSession], now: datetime) -> list[Alert]:
    """Alerts about sessions that were not reconciled in this run nor in the one before, by the note in their row."""
    reconciled = {each.session.id for each in found}
    return [
        row_problem_alert(row.id, note)
        for row in rows
        if row.id not in reconciled
        if (note := failure_note(row)) and row.session is not None and not row.session.is_over(now)
    ]


def session_alerts(
    found: Sequence[ReconciledSession],
    known: Mapping[str, KnownSession],
    policy: AllocationPolicy,
    now: datetime,
    *,
    of_many: Collection[str] = (),
) -> list[Alert]:
    """Alerts about the sessions that were reconciled, earliest first; `of_many` as `alerts` has it."""
    ordered = sorted(found, key=lambda reconciled: (reconciled.session.starts, reconciled.session.id))
    return [alert for reconciled in ordered for alert in _try_session(reconciled, known, policy, now, of_many)]


def _try_session(
    reconciled: ReconciledSession,
    known: Mapping[str, KnownSession],
    policy: AllocationPolicy,
    now: datetime,
    of_many: Collection[str],
) -> list[Alert]:
    part = f"organiser alerts of session {reconciled.session.id}"
    of_people = partial(alerts, roster=reconciled.roster, policy=policy, now=now, of_many=of_many)
    return run_isolated(logger, part, lambda: _alerts_of_session(reconciled, known, of_people, now)).value or []


def _alerts_of_session(
    reconciled: ReconciledSession,
    known: Mapping[str, KnownSession],
    of_people: Callable[[Session], list[Alert]],
    now: datetime,
) -> list[Alert]:
    row, session = reconciled.row, reconciled.session
    lost = [lost_roster_alert(session, reconciled.lost)] if reconciled.lost else []
    if row is None:
        return [*lost, *_alerts_of_deleted(reconciled, known, now), *of_people(session)]
    # What the run wrote, or would write, into the row's Problem.
    problem = reconcile_row(row, reconciled.roster, now).cells.get("Problem", row.row.text("Problem"))
    if row.written is not None and not row.written.awaits_link:
        # The organiser did that, it has only to settle.
        session = replace(session, join_url=row.written.join_url, place=row.written.place)
    found = [row_problem_alert(session.id, problem)] if problem else []
    return lost + found + failed_briefing_alerts(session, reconciled.log) + of_people(session)


def _alerts_of_deleted(reconciled: ReconciledSession, known: Mapping[str, KnownSession], now: datetime) -> list[Alert]:
    remembered = known.get(reconciled.session.id)
    if remembered is None or now >= reconciled.session.starts:
        return []
    announced = read_announced(remembered.id, remembered.announced, ())
    if announced is None or announced.state is SessionState.CANCELLED:
        return []  # everyone was told that it is cancelled before someone tidied up
    alert = deleted_session_alert(reconciled.session, reconciled.roster, remembered.missing_since or now)
    return [alert] if alert else []
