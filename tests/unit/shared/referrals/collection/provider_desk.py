"""The desk of the provider: referrals that went out as links, and what people there do with one passphrase."""

from datetime import datetime
from functools import cached_property

from shared.passphrase import PassphraseHash
from shared.referrals.collection.collector import Collector, OpenedReferral
from shared.referrals.collection.waiting_referrals import WaitingReferrals
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.model import Referral
from shared.referrals.sealing import content_key, decrypt
from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import LINKS, SEALER, ReferralHarness, Wrap

RIGHT = "CVXP-H4Q6-3HYP-9YGQ-P4Y3"
_HASH = PassphraseHash.of(RIGHT)


class ProviderDesk(ReferralHarness):
    """Referrals named by the order in which they came; the passphrase is entered at the link of the first, usually."""

    def __init__(self) -> None:
        super().__init__("link")
        self.references: list[str] = []

    def come(self, number: int, now: datetime = MORNING, *, slow: bool = False) -> list[str]:
        """So many come and are sent; returns their references."""
        came = []
        for _ in range(number):
            story = f"Story {len(self.references)}"
            came.append(self.service().accept(referral_request(what_brings_you=story), now, slow=slow))
            self.references.append(came[-1])
            self.forwarder().forward(came[-1], now)
        return came

    def collector(self, wrap: Wrap = lambda table: table) -> Collector:
        recorder = self.acknowledging(wrap)
        return Collector(
            links=LINKS,
            store=self.repository(wrap),
            tries=WrongTries(wrap(self.tries)),
            passphrases=(_HASH,),
            authenticate=self.mac.check,
            content_key=lambda sealed: content_key(sealed, self.key),
            unseal=decrypt,
            acknowledge_reference=recorder.acknowledge_opened,
            set_aside_reference=recorder.set_aside,
        )

    def waiting(self, wrap: Wrap = lambda table: table) -> WaitingReferrals:
        return WaitingReferrals(self.collector(wrap), most_a_day=self.most_an_hour)

    def token(self, reference: str) -> str:
        return LINKS.collect_token(reference, MORNING)

    def enter(self, reference: str, now: datetime = MORNING) -> OpenedReferral:
        """Someone enters the passphrase at the link of that referral."""
        return self.collector().open(self.token(reference), RIGHT, now)

    @cached_property
    def session(self) -> str:
        """The session of who entered the passphrase at the first referral's link in the morning."""
        return self.enter(self.references[0]).session

    def open(self, reference: str, now: datetime = MORNING) -> OpenedReferral:
        """Someone opens that referral from the list."""
        return self.waiting().open(self.token(self.references[0]), self.session, reference, now)

    def listed(self, now: datetime = MORNING) -> list[str]:
        found = self.waiting().listed(self.token(self.references[0]), self.session, now)
        return [each.reference for each in found]

    def of(self, reference: str) -> Referral:
        found = self.repository().status(reference)
        assert found is not None
        return found

    def set(self, reference: str, **cells: str | int) -> None:
        """Writes into the status as the worker or someone in the portal does."""
        self.repository().change(reference, self.of(reference).etag, **cells)

    def forge(self, reference: str) -> None:
        """Someone who may write the tables, and has the public key, replaces the answers."""
        stored = self.repository().sealed(reference)
        assert stored is not None
        forged = SEALER.seal(stored[0], b'{"answers": [{"label": "Name", "answer": "forged"}], "not_answered": []}')
        cells = {"WrappedKey": forged.wrapped_key, "Nonce": forged.nonce, "Sealed": forged.ciphertext}
        self.sealed.merge({"PartitionKey": "referrals", "RowKey": reference, **cells}, stored[0].etag)

    def lose_answers(self, reference: str) -> None:
        del self.sealed.rows["referrals", reference]


def is_open(opened: OpenedReferral, number: int) -> bool:
    """True if these are the answers of the referral that came as this one, counted from 0."""
    return f"Story {number}" in dict(opened.answers).values() and opened.proof != ""
