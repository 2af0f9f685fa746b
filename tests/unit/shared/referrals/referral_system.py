"""A referral's way from the form to the provider over tables in memory, which a test can look into and break."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from azure.keyvault.keys.crypto import KeyWrapAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.mail.delivery_reports import DeliveryReport
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage
from shared.mail.pause import MailPause
from shared.mail.renderer import MailRenderer
from shared.mail.sending import IdempotentSender
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.delivery_reports import ReferralDeliveryReports
from shared.referrals.delivery.forwarder import ReferralForwarder, operation_id
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.delivery.release.batch_log import BatchLog
from shared.referrals.delivery.release.batch_sender import BatchSender
from shared.referrals.delivery.release.flags import Nudges, ReleaseFlags
from shared.referrals.follow_up.operator_digest import OperatorDigest
from shared.referrals.follow_up.overdue_alarm import OverdueAlarm
from shared.referrals.follow_up.provider_reminder import ProviderReminder
from shared.referrals.follow_up.referral_reconciler import ReferralReconciler
from shared.referrals.follow_up.referral_release import DueReferrals, ReferralRelease
from shared.referrals.follow_up.uncollected_notice import UncollectedNotice
from shared.referrals.intake.mac_migration import MacMigration
from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.referrals.intake.service import ReferralService
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.erasure import ReferralEraser
from shared.referrals.retention.holdings_report import HoldingsReport
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import LocalKey, Sealer, Unwrapper, unseal
from shared.referrals.withdrawal.withdrawal import Withdrawals
from shared.referrals.withdrawal.withdrawal_notes import WithdrawalNotes
from shared.signing import Signer
from shared.tables.once_a_day import Daily
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row, Table
from tests.builders import KEY, MORNING, content, referral_request
from tests.fakes import STANDING_STILL, FakeClock, FakeMailSender, FakeTable
from tests.generated_keys import generated_keys

if TYPE_CHECKING:
    from shared.mail.share import MailShare

SUBMISSION = "submission-0123456789"
KEYS = generated_keys()
SEALER, PRIVATE = Sealer(json.loads(KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
MAC = RowMac.of(b"m" * 32)
RENDERER = MailRenderer(content())
LINKS = ReferralLinks(Signer((KEY,)), "https://collect.example")
RECIPIENT, OPERATORS = "referrals@provider.example", "operators@example.nhs.uk"


def seal(referral: Referral, answers: bytes) -> Sealed:
    """Sealed and with a MAC, as the accepting side does it."""
    return MAC.sign(referral, SEALER.seal(referral, answers))


def seal_as_before(reference: str, answers: bytes) -> Sealed:
    """Sealed as the first version did it: with the content key itself, no day and no MAC."""
    key, nonce = b"c" * 32, b"n" * 12
    wrapped = SEALER._client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, key).encrypted_key
    ciphertext = AESGCM(key).encrypt(nonce, answers, f"SealedReferrals|{reference}|1".encode())
    return Sealed("1", json.loads(KEYS["REFERRAL_PUBLIC_KEY"])["kid"], wrapped, nonce, ciphertext)


type Wrap = Callable[[FakeTable], Table]


class ReferralHarness:
    """A referral's way from the form to the provider, and tables that a test can look into."""

    def __init__(self, delivery: str = "inline") -> None:
        self.status, self.sealed, self.mail, self.own, self.service_rows, self.tries = (FakeTable() for _ in range(6))
        self.sender = FakeMailSender(dedupes=False)
        self.delivery = delivery
        self.key: Unwrapper = PRIVATE
        self.mac = MAC
        self.slept: list[float] = []
        self.clock = FakeClock(STANDING_STILL)
        self.share: MailShare | None = None
        self.most_an_hour = 0
        self.sealed_for = ""
        self.bookings_service = FakeTable()
        self.hashed: Callable[[str, str], str] = lambda _, words: words  # slow where a test is about them

    def repository(self, wrap: Wrap = lambda table: table) -> ReferralRepository:
        return ReferralRepository(wrap(self.status), wrap(self.sealed), wrap(self.mail))

    def service(self, wrap: Wrap = lambda table: table) -> ReferralService:
        return ReferralService(self.repository(wrap), seal, KEY, "2023-09-01", self.hashed, self.sealed_for)

    def writer(self) -> ProviderEmails:
        return ProviderEmails(
            renderer=RENDERER,
            links=LINKS,
            recipient=RECIPIENT,
            delivery=self.delivery,
            reply_weekdays=content().one_to_one.reply_weekdays,
            operators=OPERATORS,
        )

    def forwarder(self, wrap: Wrap = lambda table: table) -> ReferralForwarder:
        return ReferralForwarder(
            queue=self.repository(wrap),
            authenticate=self.mac.check,
            unseal=lambda referral, sealed: unseal(referral, sealed, self.key),
            pause=self.pause(wrap),
            sender=self.sender,
            writer=self.writer(),
            mailbox=ProviderMailbox(wrap(self.own)),
            clock=self.clock,
            share=self.share,
            nudges=Nudges(self.flags(wrap), self.repository(wrap).status, self.share, self.delivery),
            complete_withdrawal=self.withdrawals(wrap).complete_if_withdrawn,
            sleep=self.slept.append,
        )

    def delivery_reports(self, wrap: Wrap = lambda table: table) -> ReferralDeliveryReports:
        return ReferralDeliveryReports(self.repository(wrap), ProviderMailbox(wrap(self.own)), BatchLog(wrap(self.own)))

    def acknowledging(self, wrap: Wrap = lambda table: table) -> AcknowledgementRecorder:
        return AcknowledgementRecorder(self.repository(wrap))

    def accepted(self, now: datetime = MORNING) -> str:
        return self.service().accept(referral_request(), now)

    def forwarded(self, now: datetime = MORNING) -> str:
        """The reference of a referral that was accepted and forwarded."""
        reference = self.accepted(now)
        self.forwarder().forward(reference, now)
        return reference

    def report(self, status: str, now: datetime = MORNING, *, epoch: int | None = None) -> bool:
        """The email service reports this of the one referral's email, of its present epoch or of another."""
        referral = self.referral()
        named = referral.epoch if epoch is None else epoch
        return self.delivery_reports().take(DeliveryReport(mail_of(referral, named), status), now)

    def type(self, **cells: str | int) -> None:
        """An administrator types into the one referral's row."""
        [row] = self.rows
        self.repository().change(row.key, row.etag, **cells)

    def referral(self) -> Referral:
        [row] = self.rows
        found = self.repository().status(row.key)
        assert found is not None
        return found

    @property
    def state(self) -> tuple[str, str]:
        """The one referral's state and error, as its row holds them."""
        [row] = self.rows
        return row.text("State"), row.text("LastError")

    @property
    def rows(self) -> list[Row]:
        return list(self.status.rows.values())

    def notices(self, wrap: Wrap = lambda table: table) -> NoticeSender:
        return NoticeSender(log=wrap(self.own), sending=self.sending(wrap))

    def orphan_recovery(self, wrap: Wrap = lambda table: table) -> OrphanRecovery:
        return OrphanRecovery(self.repository(wrap), self.mac.is_signed)

    def withdrawals(self, wrap: Wrap = lambda table: table) -> Withdrawals:
        notes = WithdrawalNotes(wrap(self.own))
        return Withdrawals(rows=self.repository(wrap), notes=notes, notices=self.notices(wrap), writer=self.writer())

    def eraser(self, wrap: Wrap = lambda table: table) -> ReferralEraser:
        return ReferralEraser(self.repository(wrap), WrongTries(wrap(self.tries)))

    def reconciler(self, wrap: Wrap = lambda table: table, grace_weekdays: int = 3) -> ReferralReconciler:
        rows, notices = self.repository(wrap), self.notices(wrap)
        mailbox = ProviderMailbox(wrap(self.own))
        return ReferralReconciler(
            rows=rows,
            eraser=self.eraser(wrap),
            provider_reminder=ProviderReminder(rows=rows, notices=notices, writer=self.writer()),
            overdue_alarm=OverdueAlarm(rows),
            notices=notices,
            holdings=HoldingsReport(rows, wrap(self.own), self.mac.current),
            days=Daily(wrap(self.service_rows), "referrals"),
            uncollected=UncollectedNotice(rows=rows, notices=notices, renderer=RENDERER, address=OPERATORS),
            release=self.release(wrap),
            withdrawals=self.withdrawals(wrap),
            operator_digest=OperatorDigest(address=OPERATORS, notices=notices, mailbox=mailbox, renderer=RENDERER),
            grace_weekdays=grace_weekdays,
            mac_migration=MacMigration(rows, self.mac),
        )

    def due(self, now: datetime) -> list[str]:
        return [each.reference for each in self.repository().every_status() if each.is_due(now)]

    def pause(self, wrap: Wrap = lambda table: table) -> MailPause:
        """The pause that referrals keep; `bookings_service` has that of bookings, which begins with it."""
        return MailPause(wrap(self.service_rows), also=MailPause(wrap(self.bookings_service)))

    def sending(self, wrap: Wrap = lambda table: table) -> IdempotentSender:
        return IdempotentSender(
            ledger=MailLedger(wrap(self.own), wrap(self.mail)),
            pause=self.pause(wrap),
            sender=self.sender,
            clock=self.clock,
            share=self.share,
        )

    def flags(self, wrap: Wrap = lambda table: table) -> ReleaseFlags:
        return ReleaseFlags(wrap(self.own))

    def release(self, wrap: Wrap = lambda table: table) -> ReferralRelease:
        return ReferralRelease(
            rows=self.repository(wrap),
            batches=BatchLog(wrap(self.own)),
            flags=self.flags(wrap),
            pause=self.pause(wrap),
            share=self.share,
            delivery=self.delivery,
            most_an_hour=self.most_an_hour,
        )

    def batch_sender(self, wrap: Wrap = lambda table: table) -> BatchSender:
        return BatchSender(
            queue=self.repository(wrap),
            authenticate=self.mac.check,
            log=BatchLog(wrap(self.own)),
            sending=self.sending(wrap),
            writer=self.writer(),
            mailbox=ProviderMailbox(wrap(self.own)),
            withdrawn=WithdrawalNotes(wrap(self.own)).references,
        )

    def work(self, now: datetime, wrap: Wrap = lambda table: table, *, grace_weekdays: int = 3) -> DueReferrals:
        """One run of the timer, as far as referrals go."""
        return self.reconciler(wrap, grace_weekdays).run(read_service_rows(self.service_rows), now)

    def reconcile(self, now: datetime, wrap: Wrap = lambda table: table, *, grace_weekdays: int = 3) -> list[str]:
        """One run of the timer, and the references that it names."""
        return list(self.work(now, wrap, grace_weekdays=grace_weekdays).references)

    def tick(self, now: datetime) -> None:
        """One run of the timer, and the queue handles what it names."""
        due = self.work(now)
        for batch in due.batches:
            self.batch_sender().deliver(batch, now)
        for reference in due.references:
            self.forwarder().forward(reference, now)

    def pass_days(self, start: datetime, days: int) -> datetime:
        """The timer once on each of so many days after `start`, and what it names is forwarded; returns the last."""
        now = start
        for _ in range(days):
            now += timedelta(days=1)
            self.tick(now)
        return now

    def pass_time(self, start: datetime, hours: float) -> None:
        """The timer and the queue handle what is due, every five minutes for so many hours."""
        for step in range(1, int(hours * 12) + 1):
            now = start + timedelta(minutes=5 * step)
            self.orphan_recovery().run()
            for reference in self.due(now):
                self.forwarder().forward(reference, now)

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.sender.messages if message.to == address]

    def recover(self) -> None:
        """They run for the next half hour."""
        self.pass_time(MORNING, 0.5)


def mail_of(referral: Referral, epoch: int) -> UUID:
    return operation_id(replace(referral, epoch=epoch))
