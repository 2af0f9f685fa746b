"""Announces what is erased because nobody collects it: to the operators every week, and in its row for the person."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.local_time import date_in_words, london_day
from shared.mail.renderer import MailRenderer
from shared.referrals.days import in_words
from shared.referrals.delivery.notice_sender import OPERATORS, NoticeSender
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.uncollected_rules import UncollectedLimit

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UncollectedNotice:
    """Announces days to `address`, and to the log alone if that is "".

    The day is written into the row after the operators were told, so that its 30 days begin then.
    """

    rows: ReferralRepository
    notices: NoticeSender
    renderer: MailRenderer = field(repr=False)
    address: str = field(default="", repr=False)
    limit: UncollectedLimit = field(default_factory=UncollectedLimit)

    def announce(self, referrals: Sequence[Referral], now: datetime) -> None:
        """Announces the days that are to be announced at `now` (UTC), and takes back those that no longer hold.

        Raises:
            StorageError: some may not be announced; the next run goes on.
        """
        today = date.fromisoformat(london_day(now))
        days = {each.reference: day for each in referrals if (day := self.limit.day_to_announce(each, today))}
        for referral in referrals:
            if referral.deletion_on and referral.reference not in days:
                self.rows.mark(referral.reference, referral.etag, DeletionOn="", DeletionToldOn="")
        listed = [referral for referral in referrals if referral.reference in days]
        if any(self.limit.is_due(referral, today) for referral in listed) and self._tell(listed, days, now):
            for referral in listed:
                cells = {"DeletionOn": days[referral.reference].isoformat(), "DeletionToldOn": today.isoformat()}
                self.rows.mark(referral.reference, referral.etag, **cells)

    def _tell(self, listed: Sequence[Referral], days: Mapping[str, date], now: datetime) -> bool:
        logger.error("referrals that nobody has collected will be erased: %d", len(listed))
        if not self.address:
            return True
        facts = [(each.reference, _in_words(each, days[each.reference])) for each in listed]
        message = self.renderer.render("operators-uncollected", to=self.address, referrals=facts)
        return self.notices.deliver(OPERATORS, f"uncollected-{london_day(now)}", message, now)


def _in_words(referral: Referral, day: date) -> str:
    return f"Sent to the provider on {in_words(referral.sent_on)}. Deleted on {date_in_words(day)}."
