"""Releases the referrals that are due, in each run of the timer: which go now, and in which emails."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.local_time import local_day
from shared.mail.pause import MailPause
from shared.mail.share import MailShare
from shared.referrals.delivery import resending
from shared.referrals.delivery.release.batch_log import BatchLog
from shared.referrals.delivery.release.flags import ReleaseFlags
from shared.referrals.delivery.release.order import Release, Room, by_age, giving_way, release
from shared.referrals.model import INLINE, Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Ages

logger = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_ONE_RUN = timedelta(minutes=4, seconds=30)  # from one run of the timer almost to the next


@dataclass(frozen=True, slots=True)
class DueReferrals:
    """Work for the queue: references of referrals that go by themselves, and ids of batches."""

    references: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()

    @property
    def emails(self) -> int:
        return len(self.references) + len(self.batches)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRelease:
    """Names what is due, oldest first, as far as the quota goes, and raises an alarm when too many come at once.

    `most_an_hour`: referrals in an hour beyond which the alarm is raised and those without a browser's marks give way;
    0 for never. None of them is ever refused. `share` is None where the quota has no limit.
    """

    rows: ReferralRepository
    batches: BatchLog
    flags: ReleaseFlags
    pause: MailPause
    share: MailShare | None
    delivery: str
    most_an_hour: int

    def run(self, referrals: Sequence[Referral], now: datetime) -> DueReferrals:
        """The work of this run, given every status as it was read. The rows of batches are written before it returns.

        Raises:
            StorageError: what is due stays due; the next run goes on.
        """
        if self.share is not None:
            self.share.own.prune(now)
        due = [_wanted(each, now) for each in referrals if each.is_due(now)]
        ages = self.rows.ages() if len(due) > 1 or self._may_be_many(referrals, now) else Ages()
        surge = self._raise_alarm(ages, now)
        if not due or self.pause.is_on(now):
            return DueReferrals()
        joined = tuple(dict.fromkeys(each.batch for each in due if each.is_in_batch))
        ordered = by_age((each for each in due if not each.is_in_batch), ages)
        room = self._room(now).less(len(joined))
        in_batches = self.delivery != INLINE
        found = release(giving_way(ordered) if surge else ordered, room, in_batches=in_batches, surge=surge)
        return self._named(found, joined, now)

    def forget(self, now: datetime) -> None:
        """Empties the rows that say when emails went: no time of day stays in them. Raises `StorageError`."""
        self.flags.prune(now)
        if self.share is not None:
            self.share.own.prune(now, look=True)

    def _named(self, found: Release, joined: tuple[str, ...], now: datetime) -> DueReferrals:
        if any(not each.slow for each in found.waiting):
            logger.warning("%d referrals wait for a later run: sending quota", len(found.waiting))
            self.flags.raise_(now, backlog=True, surge=False)
        batches = tuple(self.batches.insert(group, now) for group in found.batches)
        return DueReferrals(tuple(each.reference for each in found.single), (*joined, *batches))

    def _room(self, now: datetime) -> Room:
        if self.share is None:
            return Room()
        used, recent = (self.share.sent_within(span, now) for span in (_HOUR, _ONE_RUN))
        return Room(self.share.left(now), self.share.hourly(now), used, recent)

    def _may_be_many(self, referrals: Sequence[Referral], now: datetime) -> bool:
        """True if so many may have come in the last hour: status rows have days only, and cost no request more."""
        since = local_day(now - _HOUR)
        return 0 < self.most_an_hour < sum(each.received_on >= since for each in referrals)

    def _raise_alarm(self, ages: Ages, now: datetime) -> bool:
        """True while too many come at once; the log has one error when it begins."""
        is_surge = 0 < self.most_an_hour < ages.within_an_hour()
        if is_surge:
            if not self.flags.surge(now):
                logger.error("more than %d referrals came within an hour: none is refused", self.most_an_hour)
            self.flags.raise_(now, backlog=False, surge=True)
        return is_surge


def _wanted(referral: Referral, now: datetime) -> Referral:
    """The referral as it is to be sent: under a new epoch, if someone wants it sent again."""
    return resending.reset_for_resend(referral, now) if referral.is_resend_requested else referral
