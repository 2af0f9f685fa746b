"""Announces what is erased because nobody collects it: to the operators every week, and in its row for the person."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from shared.local_time import date_in_words, local_day
from shared.mail.renderer import MailRenderer
from shared.referrals.days import add_days, in_words
from shared.referrals.delivery.notice_sender import OPERATORS, NoticeSender
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.uncollected_rules import UncollectedLimit
from shared.tables.table import RowConflictError
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UncollectedNotice:
    """Announces days to `address`, and to the log alone if that is "".

    A day is first written into the row after the operators were told, so that its 30 days begin then.
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
        today = date.fromisoformat(local_day(now))
        days = {each.reference: self.limit.day_to_announce(each, today) for each in referrals}
        current = [self._moved(each, days[each.reference]) for each in referrals]
        listed = {each: day for each in current if (day := days[each.reference]) is not None}
        if any(self.limit.is_due(each, today) for each in listed) and self._tell(listed, now):
            for referral, day in listed.items():
                cells = {"DeletionOn": day.isoformat(), "DeletionToldOn": today.isoformat()}
                self.rows.mark(referral.reference, referral.etag, **cells)

    def _moved(self, referral: Referral, day: date | None) -> Referral:
        """The referral after a day that was announced was put off, which counts at once, told or not."""
        announced = add_days(referral.deletion_on, 0)
        is_put_off = day is None or (announced is not None and announced < day)
        if not referral.deletion_on or not is_put_off:
            return referral
        text = day.isoformat() if day else ""
        try:
            etag = self.rows.change(referral.reference, referral.etag, DeletionOn=text, DeletionToldOn="")
        except RowConflictError:
            return referral
        return replace(referral, deletion_on=text, deletion_told_on="", etag=etag)

    def _tell(self, listed: Mapping[Referral, date], now: datetime) -> bool:
        logger.error("referrals that nobody has collected will be erased: %d", len(listed))
        if not self.address:
            return True
        facts = [(each.reference, _in_words(each, day)) for each, day in listed.items()]
        message = self.renderer.render("operators-uncollected", to=self.address, referrals=facts)
        return self.notices.deliver(OPERATORS, f"uncollected-{local_day(now)}", message, now)


def _in_words(referral: Referral, day: date) -> str:
    sent = in_words(referral.sent_on)
    return sentence("operators.uncollected", sent=sent, deleted=date_in_words(day))
