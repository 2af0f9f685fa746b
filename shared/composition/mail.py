"""Email for every capability: rendering, the pause that the email service asks for, and the sender."""

from functools import cached_property

from shared.composition import azure_clients
from shared.composition.context import AppContext
from shared.config.settings import MailService, Support
from shared.local_time import Clock
from shared.mail.message import MailSender
from shared.mail.pause import MailPause
from shared.mail.quota import SendingQuota
from shared.mail.renderer import MailRenderer
from shared.mail.share import MailShare, SentCounter
from shared.tables.table import Table

_RESERVED = 5  # one part in five of the quota is kept for emails about referrals


class MailServices:
    """Each is built on first use: the sender only in the app that sends email. `clock` shows the time in UTC."""

    def __init__(self, context: AppContext, clock: Clock) -> None:
        self._context = context
        self.clock = clock

    @cached_property
    def pause(self) -> MailPause:
        return MailPause(self._context.service_table)

    @cached_property
    def referral_pause(self) -> MailPause:
        """The pause that referrals keep: it begins when one of theirs is refused, and that of bookings with it."""
        return MailPause(self._referral_table, also=self.pause)

    @cached_property
    def share(self) -> MailShare | None:
        """The share of everything but referrals: the quota less a fifth, which is kept for them where there are any."""
        reserve = self._quota.share(_RESERVED) if self._has_referrals else SendingQuota(0, 0)
        return self._share(self._others, self._referrals, reserve)

    @cached_property
    def referral_share(self) -> MailShare | None:
        """The share of emails about referrals: whatever is left of the quota."""
        return self._share(self._referrals, self._others, SendingQuota(0, 0))

    def _share(self, own: SentCounter, other: SentCounter, reserve: SendingQuota) -> MailShare | None:
        return MailShare(own, other, self._quota, reserve) if self._quota != SendingQuota(0, 0) else None

    @cached_property
    def _quota(self) -> SendingQuota:
        return SendingQuota(*self._context.settings.mail_quota)

    @cached_property
    def _others(self) -> SentCounter:
        return SentCounter(self._context.service_table, "count")

    @cached_property
    def _referrals(self) -> SentCounter:
        return SentCounter(self._referral_table, "count" if self._has_referrals else "referral count")

    @property
    def _has_referrals(self) -> bool:
        return Support.ONE_TO_ONE in self._context.settings.offered

    @cached_property
    def _referral_table(self) -> Table:
        context = self._context
        return context.referral_tables("ReferralService") if self._has_referrals else context.service_table

    @cached_property
    def renderer(self) -> MailRenderer:
        return MailRenderer(self._context.content)

    @property
    def callback_tokens(self) -> tuple[str, ...]:
        """Bearer tokens of delivery reports of GOV.UK Notify: two during a rotation, none without that service."""
        if not self.asks_for_reports:
            return ()
        settings = self._context.settings
        tokens = (settings.notify_callback_token, settings.notify_callback_token_previous)
        return tuple(each.get_secret_value() for each in tokens if each is not None)

    @property
    def asks_for_reports(self) -> bool:
        """True if the email service does not report on every email by itself."""
        return self._context.settings.mail_service is MailService.NOTIFY

    @cached_property
    def sender(self) -> MailSender:
        return azure_clients.mail_sender(self._context.settings)
