"""Services that decide which referrals go now and in which emails, each built on first use."""

from collections.abc import Callable
from functools import cached_property

from shared.composition.context import AppContext
from shared.composition.mail import MailServices
from shared.mail.ledger import MailLedger
from shared.mail.sending import IdempotentSender
from shared.referrals.delivery.release.batch_log import BatchLog
from shared.referrals.delivery.release.flags import Nudges, ReleaseFlags
from shared.referrals.follow_up.referral_release import ReferralRelease
from shared.referrals.repository import ReferralRepository


class ReleaseServices:
    """Turns, batches and the log of emails that are about several referrals. `repository` is built when it is used."""

    def __init__(self, context: AppContext, mail: MailServices, repository: Callable[[], ReferralRepository]) -> None:
        self._context = context
        self._mail = mail
        self._repository = repository

    @cached_property
    def sending(self) -> IdempotentSender:
        """Sends what has a row in the log of the referrals' account: batches and notices."""
        tables, mail = self._context.referral_tables, self._mail
        return IdempotentSender(
            ledger=MailLedger(tables("ReferralService"), tables("ReferralMail")),
            pause=mail.referral_pause,
            sender=mail.sender,
            clock=mail.clock,
            share=mail.referral_share,
        )

    @cached_property
    def batches(self) -> BatchLog:
        return BatchLog(self._context.referral_tables("ReferralService"))

    @cached_property
    def nudges(self) -> Nudges:
        delivery = self._context.settings.worker.referral_delivery
        return Nudges(self._flags, self._repository().status, self._mail.referral_share, delivery)

    @cached_property
    def timer(self) -> ReferralRelease:
        """The part of the timer's work that names what goes now."""
        return ReferralRelease(
            rows=self._repository(),
            batches=self.batches,
            flags=self._flags,
            pause=self._mail.referral_pause,
            share=self._mail.referral_share,
            delivery=self._context.settings.worker.referral_delivery,
            most_an_hour=self._context.settings.referrals_per_hour,
        )

    @cached_property
    def _flags(self) -> ReleaseFlags:
        return ReleaseFlags(self._context.referral_tables("ReferralService"))
