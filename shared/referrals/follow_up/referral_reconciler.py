"""One run over all referrals: what is due, what is late, what goes on by its days. One bad row stops no other."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared.local_time import LONDON
from shared.referrals import transitions
from shared.referrals.follow_up.deadlines import (
    STATUS_DELETED_AFTER,
    Deadlines,
    complete_manual_edit,
    may_be_erased,
    may_delete_status,
)
from shared.referrals.model import Referral, ReferralState
from shared.tables.service_table import ServiceRows
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

INDEX_KEPT = 30
"""Days for which a delivery report finds the mail that it is about."""

_MORNING = 8  # o'clock in London: nobody is mailed about yesterday in the middle of the night
_STEADY_RUNS = 3  # days in a row on which the clock went on as clocks do, before anything is deleted by the calendar
_MOST_UNCLEAR = 3  # answers, after which storage is down rather than one row bad


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def every_status(self) -> list[Referral]: ...
    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...
    def prune_mail_index(self, before: str) -> int: ...


class ReferralEraser(Protocol):
    """`shared.referrals.retention.erasure` describes each."""

    def erase(self, referral: Referral, now: datetime) -> None: ...
    def delete_status(self, referral: Referral, now: datetime) -> None: ...


class ProviderReminder(Protocol):
    """`shared.referrals.follow_up.provider_reminder` describes each."""

    @property
    def deadlines(self) -> Deadlines: ...
    def remind(self, referral: Referral, now: datetime) -> None: ...


class OverdueAlarm(Protocol):
    """`shared.referrals.follow_up.overdue_alarm` describes it."""

    def check(self, referral: Referral, now: datetime) -> None: ...


class OperatorDigest(Protocol):
    """`shared.referrals.follow_up.operator_digest` describes it."""

    def send(self, referrals: Sequence[Referral], now: datetime) -> None: ...


class NoticeSender(Protocol):
    """`shared.referrals.delivery.notice_sender` describes it."""

    def prune(self, before: str) -> int: ...


class HoldingsReport(Protocol):
    """`shared.referrals.retention.holdings_report` describes it."""

    def write(self, index_kept: int, now: datetime) -> None: ...


class Days(Protocol):
    """On which days this was done; `shared.tables.service_table` describes each."""

    def is_due(self, rows: ServiceRows, now: datetime) -> bool: ...
    def steady(self, rows: ServiceRows, now: datetime) -> int: ...
    def done(self, rows: ServiceRows, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReconciler:
    """Looks after referrals whenever the timer runs, and to some of it once a day."""

    rows: Rows
    eraser: ReferralEraser
    provider_reminder: ProviderReminder
    overdue_alarm: OverdueAlarm
    notices: NoticeSender
    holdings: HoldingsReport
    days: Days
    operator_digest: OperatorDigest | None = None

    def run(self, service_rows: ServiceRows, now: datetime) -> list[str]:
        """Does what is to be done at `now` (UTC), and returns the references that are to be forwarded.

        Raises:
            StorageError: the referrals cannot be read.
        """
        referrals = self.rows.every_status()
        _guarded("immediate steps", lambda: _for_each(referrals, self._handle_immediate, now))
        if now.astimezone(LONDON).hour >= _MORNING:
            _guarded("daily steps", lambda: self._today(referrals, service_rows, now))
        return [referral.reference for referral in referrals if referral.is_due(now)]

    def _today(self, referrals: Sequence[Referral], service_rows: ServiceRows, now: datetime) -> None:
        if self.days.is_due(service_rows, now):
            self._daily(referrals, service_rows, now)
            referrals = self.rows.every_status()
        if self.operator_digest is not None:
            self.operator_digest.send(referrals, now)

    def _handle_immediate(self, referral: Referral, now: datetime) -> None:
        cells = complete_manual_edit(referral, now)
        if cells:
            logger.warning("referral %s: filled in the columns missing from a manual edit", referral.reference)
            self.rows.mark(referral.reference, referral.etag, **cells)
        elif referral.state is ReferralState.ACKNOWLEDGED:
            self.eraser.erase(referral, now)
        else:
            self.overdue_alarm.check(referral, now)

    def _daily(self, referrals: Sequence[Referral], service_rows: ServiceRows, now: datetime) -> None:
        _for_each(referrals, self._apply_deadlines, now)
        if self.days.steady(service_rows, now) >= _STEADY_RUNS:
            _for_each(referrals, self._delete_expired, now)
            self.rows.prune_mail_index(before=_days_ago(INDEX_KEPT, now))
            self.notices.prune(before=_days_ago(STATUS_DELETED_AFTER, now))
        self.holdings.write(INDEX_KEPT, now)
        self.days.done(service_rows, now)

    def _apply_deadlines(self, referral: Referral, now: datetime) -> None:
        if self.provider_reminder.deadlines.needs_attention(referral, _today(now)):
            logger.error("referral %s needs attention: not acknowledged by the provider", referral.reference)
            self.rows.mark(
                referral.reference, referral.etag, **transitions.attention(transitions.NOT_ACKNOWLEDGED, now)
            )
        else:
            self.provider_reminder.remind(referral, now)

    def _delete_expired(self, referral: Referral, now: datetime) -> None:
        if may_be_erased(referral, _today(now)):
            logger.warning("referral %s is erased: delivered but never acknowledged", referral.reference)
            self.eraser.erase(referral, now)
        elif may_delete_status(referral, _today(now)):
            self.eraser.delete_status(referral, now)


def _for_each(referrals: Sequence[Referral], act: Callable[[Referral, datetime], None], now: datetime) -> None:
    unclear = 0
    for referral in referrals:
        try:
            act(referral, now)
        except RowConflictError:
            logger.info("referral %s skipped until the next run: its row changed meanwhile", referral.reference)
        except Exception as error:
            # Its type alone: a message can quote a cell.
            logger.error("referral %s skipped until the next run: %s", referral.reference, type(error).__name__)  # noqa: TRY400
            unclear += isinstance(error, StorageUnavailableError)
            if unclear >= _MOST_UNCLEAR:
                raise


def _guarded(part: str, act: Callable[[], None]) -> None:
    """Whatever fails here, what is due is forwarded."""
    try:
        act()
    except Exception as error:  # noqa: BLE001  # see above
        logger.error("referral run: %s failed: %s", part, type(error).__name__)  # noqa: TRY400


def _today(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def _days_ago(days: int, now: datetime) -> str:
    return (_today(now) - timedelta(days=days)).isoformat()
