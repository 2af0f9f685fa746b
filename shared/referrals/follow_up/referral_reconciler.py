"""One timer run over all referrals. A row that fails stops no other, and no failure stops what is due from being sent.

run                 1. add the MACs that are missing, in the days of that migration; read every status, and complete
                       each erasure that was interrupted
                    2. log how many are late, without naming them
_handle_immediate   3. on every run, for each: complete a withdrawal or a manual edit, or note that it is late
_handle_morning     4. from 8 in the morning, once a day: withdraw again what was revived by hand, take steps 5 to 9,
                       then read the statuses again
_apply_deadlines    5. for each: ask for a person's attention; then remind the provider of the others, in one email
_delete_expired     6. if the clock has been steady for days, for each: erase the answers, or delete the status
_run_daily          7. on the same condition: announce what is erased uncollected; prune the index and log of emails
                    8. empty the rows that say when emails went; write the holdings report
                    9. note that the day is done
_handle_morning    10. from 8 in the morning: send the operators' digest, if it was not sent today
run                11. if anything was due in step 1: withdraw again what was revived by hand, and release the rest,
                       that is, return the references and batches that go now
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from shared.failure_isolation import run_isolated
from shared.local_time import zone
from shared.referrals import interrupted_erasure, transitions
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.follow_up.manual_edits import complete_manual_edit
from shared.referrals.follow_up.operator_digest import OperatorDigest
from shared.referrals.follow_up.overdue_alarm import OverdueAlarm
from shared.referrals.follow_up.provider_reminder import ProviderReminder
from shared.referrals.follow_up.referral_release import DueReferrals, ReferralRelease
from shared.referrals.follow_up.uncollected_notice import UncollectedNotice
from shared.referrals.intake.mac_migration import MacMigration
from shared.referrals.model import NOT_COLLECTED, Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.acknowledged_rules import GRACE_WEEKDAYS, may_erase_acknowledged
from shared.referrals.retention.erasure import ReferralEraser
from shared.referrals.retention.holdings_report import HoldingsReport
from shared.referrals.retention.retention_rules import (
    INDEX_KEPT,
    STATUS_DELETED_AFTER,
    may_be_erased,
    may_delete_status,
)
from shared.referrals.withdrawal.withdrawal import Withdrawals, is_left
from shared.tables.once_a_day import Daily
from shared.tables.service_table import ServiceRows
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_MORNING = 8  # o'clock in London: no one is emailed about yesterday in the middle of the night
_STEADY_RUNS = 3  # days in a row on which the clock went on normally, before anything is deleted by the calendar
_MOST_UNCLEAR = 3  # answers, after which storage is down rather than one row bad


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReconciler:
    """Does the timer's work on referrals, part of it on every run and part once a day.

    `grace_weekdays`: working days after an acknowledgement for which the answers are kept.
    """

    rows: ReferralRepository
    eraser: ReferralEraser
    provider_reminder: ProviderReminder
    overdue_alarm: OverdueAlarm
    notices: NoticeSender
    holdings: HoldingsReport
    days: Daily
    uncollected: UncollectedNotice
    release: ReferralRelease
    withdrawals: Withdrawals
    operator_digest: OperatorDigest | None = None
    grace_weekdays: int = GRACE_WEEKDAYS
    mac_migration: MacMigration | None = None

    def run(self, service_rows: ServiceRows, now: datetime) -> DueReferrals:
        """Does the work that is due at `now` (UTC), and returns what is to be forwarded.

        Raises:
            StorageError: the referrals cannot be read.
        """
        if self.mac_migration is not None:
            run_isolated(logger, "referral run: missing MACs", partial(self.mac_migration.run, now))
        referrals = [self._completed(each, now) for each in self.rows.every_status()]
        self.overdue_alarm.announce(referrals, now)
        run_isolated(
            logger, "referral run: immediate steps", partial(_for_each, referrals, self._handle_immediate, now)
        )
        if now.astimezone(zone()).hour >= _MORNING:
            morning = partial(self._handle_morning, referrals, service_rows, now)
            run_isolated(logger, "referral run: daily steps", morning)
        if any(each.is_due(now) for each in referrals):
            referrals = self.withdrawals.restore_marks(referrals, now)
        return self.release.run(referrals, now)

    @property
    def _deadlines(self) -> Deadlines:
        return self.provider_reminder.deadlines

    def _completed(self, referral: Referral, now: datetime) -> Referral:
        complete = partial(interrupted_erasure.settled, self.rows, referral, now)
        return run_isolated(logger, "referral run: interrupted erasure", complete).value or referral

    def _handle_morning(self, referrals: Sequence[Referral], service_rows: ServiceRows, now: datetime) -> None:
        if self.days.is_due(service_rows, now):
            self.withdrawals.restore_marks(referrals, now)
            self._run_daily(self.rows.every_status(), service_rows, now)
            referrals = self.rows.every_status()
        if self.operator_digest is not None:
            self.operator_digest.send(referrals, now)

    def _handle_immediate(self, referral: Referral, now: datetime) -> None:
        cells = complete_manual_edit(referral, now)
        if is_left(referral):
            self.withdrawals.complete(referral, now)
        elif cells:
            logger.warning("filled in the columns missing from a manual edit of a referral")
            self.rows.mark(referral.reference, referral.etag, **cells)
        else:
            self.overdue_alarm.note(referral, now)

    def _run_daily(self, referrals: Sequence[Referral], service_rows: ServiceRows, now: datetime) -> None:
        _for_each(referrals, self._apply_deadlines, now)
        run_isolated(logger, "referral run: reminders", partial(self._remind, referrals, now))
        if self.days.steady(service_rows, now) >= _STEADY_RUNS:
            _for_each(referrals, self._delete_expired, now)
            self.uncollected.announce(self.rows.every_status(), now)
            self.rows.prune_mail_index(before=_days_ago(INDEX_KEPT, now))
            self.notices.prune(before=_days_ago(STATUS_DELETED_AFTER, now))
        self.release.forget(now)
        self.eraser.tries.prune(now)
        self.holdings.write(now)
        self.days.done(service_rows, now)

    def _apply_deadlines(self, referral: Referral, now: datetime) -> None:
        if self._deadlines.needs_attention(referral, _today(now)):
            logger.error("referral %s needs attention: not acknowledged by the provider", referral.reference)
            cells = transitions.attention(transitions.NOT_ACKNOWLEDGED, now)
            self.rows.mark(referral.reference, referral.etag, **cells)

    def _remind(self, referrals: Sequence[Referral], now: datetime) -> None:
        late = self._deadlines.needs_attention
        self.provider_reminder.remind([each for each in referrals if not late(each, _today(now))], now)

    def _delete_expired(self, referral: Referral, now: datetime) -> None:
        if may_be_erased(referral, _today(now)):
            logger.warning("a referral is erased: delivered but never acknowledged")
            self.eraser.erase(referral, now)
        elif may_erase_acknowledged(referral, self.grace_weekdays, self._deadlines.working_days, _today(now)):
            self.eraser.erase(referral, now, transitions.reason_of_erasure(referral))
        elif self.uncollected.limit.may_erase(referral, _today(now)):
            logger.warning("a referral is erased: nobody collected it")
            self.eraser.erase(referral, now, NOT_COLLECTED)
        elif may_delete_status(referral, _today(now)):
            self.eraser.delete_status(referral, now)


type Step = Callable[[Referral, datetime], None]


def _for_each(referrals: Sequence[Referral], step: Step, now: datetime) -> None:
    """Takes the step for each referral; one that fails waits for the next run.

    Raises:
        StorageUnavailableError: storage gave no clear answer for the third time, so it is down.
    """
    unclear = 0
    for referral in referrals:
        error = _unclear_error(step, referral, now)
        unclear += error is not None
        if error is not None and unclear >= _MOST_UNCLEAR:
            raise error


def _unclear_error(step: Step, referral: Referral, now: datetime) -> StorageUnavailableError | None:
    """Takes the step, and returns the error of a storage that gave no clear answer.

    That one is over by itself, and its line names no referral. Any other would come again with each run: someone has to
    look at that row.
    """
    part = f"referral run: referral {referral.reference}"
    try:
        run_isolated(logger, part, partial(step, referral, now), StorageUnavailableError, RowConflictError)
    except RowConflictError:
        logger.info("a referral is skipped until the next run: its row changed meanwhile")
    except StorageUnavailableError as error:
        logger.error("referral run: a referral failed: %s", type(error).__name__)  # noqa: TRY400  # no traceback
        return error
    return None


def _today(now: datetime) -> date:
    return now.astimezone(zone()).date()


def _days_ago(days: int, now: datetime) -> str:
    return (_today(now) - timedelta(days=days)).isoformat()
