"""Services for one-to-one referrals, each built on first use.

Modules that seal or decrypt referrals are imported where they are used: most functions need neither.
"""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from shared.composition import azure_clients
from shared.composition.context import AppContext
from shared.composition.mail import MailServices
from shared.composition.operators import operator_digest, smoke_test, uncollected_notice
from shared.composition.referral_release import ReleaseServices
from shared.composition.withdrawal import WithdrawalServices
from shared.config.requirements import INTAKE_NEEDS
from shared.config.settings import Role, SettingsError
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.delivery_reports import ReferralDeliveryReports
from shared.referrals.delivery.forwarder import ReferralForwarder
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.new_link import NewLinkSender
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.delivery.release.batch_sender import BatchSender
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.follow_up.overdue_alarm import OverdueAlarm
from shared.referrals.follow_up.provider_reminder import ProviderReminder
from shared.referrals.follow_up.referral_reconciler import ReferralReconciler
from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.referrals.intake.service import ReferralService
from shared.referrals.intake.status_lookup import GuessLimiter, StatusLookup
from shared.referrals.model import SEALED
from shared.referrals.retention.erasure import ReferralEraser
from shared.referrals.retention.holdings_report import HoldingsReport
from shared.referrals.withdrawal.own_words import WordHashes
from shared.tables.once_a_day import Daily

if TYPE_CHECKING:
    from shared.composition.referral_keys import ReferralKeys
    from shared.referrals.collection.collector import Collector
    from shared.referrals.collection.sealed_collection import SealedCollection
    from shared.referrals.key_proofs.key_prover import KeyProver
    from shared.referrals.key_proofs.key_readiness import KeyReadiness
    from shared.referrals.repository import ReferralRepository


class ReferralServices:
    """Intake, delivery to the provider, collection by the provider, and the timer's follow-up."""

    def __init__(self, context: AppContext, mail: MailServices) -> None:
        self._context = context
        self._settings = context.settings
        self._mail = mail
        self._releasing = ReleaseServices(context, mail, lambda: self._repository)
        built = (lambda: self._repository, lambda: self._keys.row_mac, lambda: self._notices)
        self.taking_back = WithdrawalServices(context, *built, lambda: self._provider_emails)

    @cached_property
    def intake(self) -> ReferralService:
        key = self._settings.referral_key
        if key is None:
            raise SettingsError(dict.fromkeys(INTAKE_NEEDS, "required by the app that takes referrals"))
        return ReferralService(
            store=self._repository,
            seal=self._keys.sealing(),
            key=key.get_secret_value(),
            consent_version=self._context.content.one_to_one.consent_version,
            hashed=WordHashes.of(self._keys.signing_mac).hashed,
            delivery=SEALED if self.are_sealed_for_provider else "",
        )

    @property
    def are_sealed_for_provider(self) -> bool:
        """True if no app of this service can open new referrals, so that none can know that they are readable."""
        return self._settings.is_sealed_for_provider

    @cached_property
    def key_readiness(self) -> "KeyReadiness":
        return self._keys.readiness

    @cached_property
    def key_prover(self) -> "KeyProver":
        return self._keys.prover

    @cached_property
    def _keys(self) -> "ReferralKeys":
        from shared.composition.referral_keys import ReferralKeys

        return ReferralKeys(self._context, self._mail.clock)

    @cached_property
    def status_lookup(self) -> StatusLookup:
        return StatusLookup(self._repository.status, GuessLimiter())

    @cached_property
    def orphan_recovery(self) -> OrphanRecovery:
        return OrphanRecovery(self._repository, self._keys.row_mac.is_signed)

    @cached_property
    def forwarder(self) -> ReferralForwarder:
        from shared.referrals.sealing import unseal

        opened = partial(unseal, unwrapper=azure_clients.unwrapper(self._settings))
        return ReferralForwarder(
            queue=self._repository,
            authenticate=self._keys.check_to_send(opens_links=self.collector is not None),
            unseal=opened,
            pause=self._mail.referral_pause,
            sender=self._mail.sender,
            writer=self._provider_emails,
            mailbox=self.provider_mailbox,
            clock=self._mail.clock,
            share=self._mail.referral_share,
            nudges=self._releasing.nudges,
            smoke_test=smoke_test(self._context, self._repository, self._keys.row_mac, opened, self._notices),
            complete_withdrawal=self.taking_back.withdrawals.complete_if_withdrawn,
        )

    @cached_property
    def batch_sender(self) -> BatchSender:
        return BatchSender(
            queue=self._repository,
            authenticate=self._keys.check_to_send(opens_links=self.collector is not None),
            log=self._releasing.batches,
            sending=self._releasing.sending,
            writer=self._provider_emails,
            mailbox=self.provider_mailbox,
            withdrawn=self.taking_back.notes.references,
        )

    @cached_property
    def delivery_reports(self) -> ReferralDeliveryReports:
        return ReferralDeliveryReports(self._repository, self.provider_mailbox, self._releasing.batches)

    @cached_property
    def links(self) -> ReferralLinks:
        return ReferralLinks(self._context.provider_signer, self._context.collect_url, former=self._context.signer)

    @cached_property
    def new_links(self) -> NewLinkSender:
        return NewLinkSender(notices=self._notices, writer=self._provider_emails)

    @cached_property
    def provider_mailbox(self) -> ProviderMailbox:
        return ProviderMailbox(self._context.referral_tables("ReferralService"))

    @property
    def grace_weekdays(self) -> int:
        """Working days for which answers are kept after the provider has confirmed it."""
        return self._settings.referral_grace_weekdays

    @property
    def most_a_day(self) -> int:
        """Referrals of one day beyond which the provider's list has them last; 0 for never."""
        return self._settings.referrals_per_hour

    @cached_property
    def acknowledgements(self) -> AcknowledgementRecorder:
        return AcknowledgementRecorder(self._repository)

    @cached_property
    def collector(self) -> "Collector | None":
        """None in the public app, whatever its settings hold, and where the emails carry no links."""
        if self._settings.role is Role.WEB or not self._settings.passphrases:
            return None
        from shared.composition.collection import build_collector

        return build_collector(
            self._settings,
            rows=self._repository,
            tries=self._wrong_tries,
            mac=self._keys.row_mac,
            links=self.links,
            acknowledgements=self.acknowledgements,
        )

    @cached_property
    def sealed_collection(self) -> "SealedCollection | None":
        """None in the public app. It is there whatever the delivery is now: some may have been sealed before."""
        if self._settings.role is Role.WEB:
            return None
        from shared.composition.collection import build_sealed_collection

        return build_sealed_collection(
            rows=self._repository,
            tries=self._wrong_tries,
            mac=self._keys.row_mac,
            links=self.links,
            acknowledgements=self.acknowledgements,
        )

    @cached_property
    def eraser(self) -> ReferralEraser:
        return ReferralEraser(self._repository, self._wrong_tries)

    @cached_property
    def reconciler(self) -> ReferralReconciler:
        return ReferralReconciler(
            rows=self._repository,
            eraser=self.eraser,
            provider_reminder=self._provider_reminder,
            overdue_alarm=OverdueAlarm(self._repository),
            notices=self._notices,
            holdings=HoldingsReport(
                self._repository, self._context.referral_tables("ReferralService"), self._keys.row_mac.current
            ),
            days=Daily(self._context.service_table, "referrals"),
            uncollected=uncollected_notice(self._context, self._repository, self._notices),
            release=self._releasing.timer,
            withdrawals=self.taking_back.withdrawals,
            operator_digest=operator_digest(self._context, self._notices, self.provider_mailbox),
            grace_weekdays=self.grace_weekdays,
            mac_migration=self._keys.mac_migration(self._repository),
        )

    @cached_property
    def _provider_emails(self) -> ProviderEmails:
        worker, content = self._settings.worker, self._context.content
        return ProviderEmails(
            renderer=self._mail.renderer,
            links=self.links,
            recipient=worker.referral_recipient,
            delivery=worker.referral_delivery,
            reply_weekdays=content.one_to_one.reply_weekdays,
            working_days=content.working_days,
            operators=self._settings.operators_email or "",
        )

    @cached_property
    def _provider_reminder(self) -> ProviderReminder:
        deadlines = Deadlines(self._settings.referral_reminder_weekdays, self._context.content.working_days)
        rows, notices, writer = self._repository, self._notices, self._provider_emails
        return ProviderReminder(rows=rows, notices=notices, writer=writer, deadlines=deadlines)

    @cached_property
    def _notices(self) -> NoticeSender:
        return NoticeSender(log=self._context.referral_tables("ReferralService"), sending=self._releasing.sending)

    @cached_property
    def _wrong_tries(self) -> WrongTries:
        return WrongTries(self._context.referral_tables("CollectTries"))

    @cached_property
    def _repository(self) -> "ReferralRepository":
        from shared.referrals.repository import ReferralRepository

        tables = self._context.referral_tables
        return ReferralRepository(tables("Referrals"), tables("SealedReferrals"), tables("ReferralMail"))
