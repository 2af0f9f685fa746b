"""Everything about referrals that a trigger can call, put together from the settings, each part when it is asked for.

What opens referrals, and what seals them, is imported where it is built: most functions need neither.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from shared.composition import azure_clients
from shared.composition.base import BaseServices
from shared.config.settings import Role
from shared.mail.ledger import MailLedger
from shared.mail.sending import IdempotentSender
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.collection.lockout import Lockout
from shared.referrals.delivery.delivery_reports import ReferralDeliveryReports
from shared.referrals.delivery.forwarder import ReferralForwarder
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.follow_up.operator_digest import OperatorDigest
from shared.referrals.follow_up.overdue_alarm import OverdueAlarm
from shared.referrals.follow_up.provider_reminder import ProviderReminder
from shared.referrals.follow_up.referral_reconciler import ReferralReconciler
from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.referrals.intake.service import ReferralService
from shared.referrals.intake.status_lookup import GuessLimiter, StatusLookup
from shared.referrals.retention.erasure import ReferralEraser
from shared.referrals.retention.holdings_report import HoldingsReport
from shared.tables.once_a_day import Daily
from shared.tables.table import Table

if TYPE_CHECKING:
    from shared.referrals.collection.collector import Collector
    from shared.referrals.repository import ReferralRepository


class ReferralServices(BaseServices):
    """The half of the services that is about referrals."""

    @cached_property
    def referrals(self) -> ReferralService:
        from shared.referrals.sealing import Sealer

        sealer = Sealer(self._settings.referral_public_key)
        key = self._settings.referral_key.get_secret_value()
        return ReferralService(self._referral_rows, sealer.seal, key, self.content.one_to_one.consent_version)

    @cached_property
    def forwarder(self) -> ReferralForwarder:
        from shared.referrals.sealing import unseal

        unwrapper = azure_clients.unwrapper(self._settings)
        return ReferralForwarder(
            queue=self._referral_rows,
            unseal=lambda reference, sealed: unseal(reference, sealed, unwrapper),
            pause=self._pause,
            sender=self._sender,
            writer=self._provider_letters,
            mailbox=self.provider_mailbox,
        )

    @cached_property
    def _provider_letters(self) -> ProviderEmails:
        worker = self._settings.worker
        return ProviderEmails(
            renderer=self._renderer,
            links=self.referral_links,
            recipient=worker.referral_recipient,
            delivery=worker.referral_delivery,
            operators=self._settings.operators_email or "",
        )

    @cached_property
    def referral_receipts(self) -> ReferralDeliveryReports:
        return ReferralDeliveryReports(self._referral_rows, self.provider_mailbox)

    @cached_property
    def _lockout(self) -> Lockout:
        return Lockout(self._referral_tables("CollectTries"))

    @cached_property
    def erasing(self) -> ReferralEraser:
        return ReferralEraser(self._referral_rows, self._lockout)

    @cached_property
    def tending(self) -> ReferralReconciler:
        return ReferralReconciler(
            rows=self._referral_rows,
            eraser=self.erasing,
            provider_reminder=self._reminding,
            overdue_alarm=OverdueAlarm(self._referral_rows),
            notices=self._notices,
            holdings=HoldingsReport(self._referral_rows, self._referral_tables("ReferralService")),
            days=Daily(self._service_table, "referrals"),
            operator_digest=self._operators,
        )

    @cached_property
    def adopting(self) -> OrphanRecovery:
        return OrphanRecovery(self._referral_rows)

    @cached_property
    def _reminding(self) -> ProviderReminder:
        deadlines = Deadlines(self._settings.referral_reminder_weekdays)
        return ProviderReminder(
            rows=self._referral_rows, notices=self._notices, writer=self._provider_letters, deadlines=deadlines
        )

    @cached_property
    def _operators(self) -> OperatorDigest | None:
        address = self._settings.operators_email
        if address is None:
            return None
        mailbox, notices = self.provider_mailbox, self._notices
        return OperatorDigest(address=address, notices=notices, mailbox=mailbox, renderer=self._renderer)

    @cached_property
    def _notices(self) -> NoticeSender:
        log = self._referral_tables("ReferralService")
        ledger = MailLedger(log, self._referral_tables("ReferralMail"))
        sending = IdempotentSender(ledger=ledger, pause=self._pause, sender=self._sender)
        return NoticeSender(log=log, sending=sending)

    @cached_property
    def referral_links(self) -> ReferralLinks:
        return ReferralLinks(self._signer, self.site_url, str(self._settings.collect_url or "").rstrip("/"))

    @cached_property
    def acknowledging(self) -> AcknowledgementRecorder:
        return AcknowledgementRecorder(self._referral_rows)

    @cached_property
    def enquiries(self) -> StatusLookup:
        return StatusLookup(self._referral_rows.status, GuessLimiter())

    @cached_property
    def collector(self) -> "Collector | None":
        """None in the app that faces the public, whatever else it is told, and where the mails carry no links."""
        settings = self._settings
        if settings.role is Role.WEB or not settings.passphrases:
            return None
        from shared.referrals.collection.collector import Collector
        from shared.referrals.sealing import content_key, decrypt

        unwrapper = azure_clients.unwrapper(settings)
        return Collector(
            links=self.referral_links,
            store=self._referral_rows,
            lockout=self._lockout,
            passphrases=settings.passphrases,
            content_key=lambda sealed: content_key(sealed, unwrapper),
            unseal=decrypt,
            acknowledge_reference=self.acknowledging.acknowledge,
        )

    @cached_property
    def provider_mailbox(self) -> ProviderMailbox:
        return ProviderMailbox(self._referral_tables("ReferralService"))

    @cached_property
    def _referral_rows(self) -> "ReferralRepository":
        from shared.referrals.repository import ReferralRepository

        tables = self._referral_tables
        return ReferralRepository(tables("Referrals"), tables("SealedReferrals"), tables("ReferralMail"))

    @cached_property
    def _referral_tables(self) -> Callable[[str], Table]:
        return azure_clients.tables(self._settings.referrals_storage)
