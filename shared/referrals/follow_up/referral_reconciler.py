"""One run over all referrals: what is due, what is late, what goes on by its days. One bad row stops no other."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared.local_time import LONDON
from shared.referrals import transitions
from shared.referrals.follow_up.deadlines import FORGOTTEN_AFTER, Deadlines, may_be_erased, may_be_forgotten, mended
from shared.referrals.model import Referral, ReferralState
from shared.tables.service_table import Remembered
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
    def forget_mails(self, before: str) -> int: ...


class Erasing(Protocol):
    """`shared.referrals.retention.erasure` describes each."""

    def erase(self, referral: Referral, now: datetime) -> None: ...
    def forget(self, referral: Referral, now: datetime) -> None: ...


class Reminding(Protocol):
    """`shared.referrals.follow_up.provider_reminder` describes each."""

    @property
    def deadlines(self) -> Deadlines: ...
    def remind(self, referral: Referral, now: datetime) -> None: ...


class Lateness(Protocol):
    """`shared.referrals.follow_up.overdue_alarm` describes it."""

    def note(self, referral: Referral, now: datetime) -> None: ...


class Operators(Protocol):
    """`shared.referrals.follow_up.operator_digest` describes it."""

    def tell(self, referrals: Sequence[Referral], now: datetime) -> None: ...


class Notices(Protocol):
    """`shared.referrals.delivery.notice_sender` describes it."""

    def forget(self, before: str) -> int: ...


class Holdings(Protocol):
    """`shared.referrals.retention.holdings_report` describes it."""

    def write(self, index_kept: int, now: datetime) -> None: ...


class Days(Protocol):
    """On which days this was done; `shared.tables.service_table` describes each."""

    def is_due(self, rows: Remembered, now: datetime) -> bool: ...
    def steady(self, rows: Remembered, now: datetime) -> int: ...
    def done(self, rows: Remembered, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tending:
    """Looks after referrals whenever the timer runs, and to some of it once a day."""

    rows: Rows
    erasing: Erasing
    reminding: Reminding
    lateness: Lateness
    notices: Notices
    holdings: Holdings
    days: Days
    operators: Operators | None = None

    def run(self, remembered: Remembered, now: datetime) -> list[str]:
        """Does what is to be done at `now` (UTC), and returns the references that are to be forwarded.

        Raises:
            StorageError: the referrals cannot be read.
        """
        referrals = self.rows.every_status()
        _tried("at once", lambda: _each(referrals, self._at_once, now))
        if now.astimezone(LONDON).hour >= _MORNING:
            _tried("of today", lambda: self._today(referrals, remembered, now))
        return [referral.reference for referral in referrals if referral.is_due(now)]

    def _today(self, referrals: Sequence[Referral], remembered: Remembered, now: datetime) -> None:
        if self.days.is_due(remembered, now):
            self._daily(referrals, remembered, now)
            referrals = self.rows.every_status()
        if self.operators is not None:
            self.operators.tell(referrals, now)

    def _at_once(self, referral: Referral, now: datetime) -> None:
        cells = mended(referral, now)
        if cells:
            logger.warning("referral %s: what somebody typed was completed", referral.reference)
            self.rows.mark(referral.reference, referral.etag, **cells)
        elif referral.state is ReferralState.ACKNOWLEDGED:
            self.erasing.erase(referral, now)
        else:
            self.lateness.note(referral, now)

    def _daily(self, referrals: Sequence[Referral], remembered: Remembered, now: datetime) -> None:
        _each(referrals, self._by_its_days, now)
        if self.days.steady(remembered, now) >= _STEADY_RUNS:
            _each(referrals, self._deleted_by_its_days, now)
            self.rows.forget_mails(before=_days_ago(INDEX_KEPT, now))
            self.notices.forget(before=_days_ago(FORGOTTEN_AFTER, now))
        self.holdings.write(INDEX_KEPT, now)
        self.days.done(remembered, now)

    def _by_its_days(self, referral: Referral, now: datetime) -> None:
        if self.reminding.deadlines.needs_a_person(referral, _today(now)):
            logger.error("referral %s needs a person: nobody has acknowledged it", referral.reference)
            self.rows.mark(
                referral.reference, referral.etag, **transitions.attention(transitions.NOT_ACKNOWLEDGED, now)
            )
        else:
            self.reminding.remind(referral, now)

    def _deleted_by_its_days(self, referral: Referral, now: datetime) -> None:
        if may_be_erased(referral, _today(now)):
            logger.warning("referral %s is erased: delivered, and never acknowledged", referral.reference)
            self.erasing.erase(referral, now)
        elif may_be_forgotten(referral, _today(now)):
            self.erasing.forget(referral, now)


def _each(referrals: Sequence[Referral], act: Callable[[Referral, datetime], None], now: datetime) -> None:
    unclear = 0
    for referral in referrals:
        try:
            act(referral, now)
        except RowConflictError:
            logger.info("referral %s is left to the next run: its row was changed", referral.reference)
        except Exception as error:
            # Its type alone: a message can quote a cell.
            logger.error("referral %s is left to the next run: %s", referral.reference, type(error).__name__)  # noqa: TRY400
            unclear += isinstance(error, StorageUnavailableError)
            if unclear >= _MOST_UNCLEAR:
                raise


def _tried(part: str, act: Callable[[], None]) -> None:
    """Whatever fails here, what is due is forwarded."""
    try:
        act()
    except Exception as error:  # noqa: BLE001  # see above
        logger.error("looking after referrals, what is to be done %s: %s", part, type(error).__name__)  # noqa: TRY400


def _today(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def _days_ago(days: int, now: datetime) -> str:
    return (_today(now) - timedelta(days=days)).isoformat()
