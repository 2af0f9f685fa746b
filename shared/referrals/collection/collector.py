"""Collects a referral: the provider opens it with a link and a passphrase, as often as needed, until it is saved."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.passphrase import PassphraseHash, matches_any
from shared.referrals.collection import access_token, provider_session
from shared.referrals.collection.linked_referral import linked_referral, recording_damage
from shared.referrals.collection.opening_note import note_opening
from shared.referrals.collection.wrong_tries import WrongTries, delay_after
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import KeyUnavailableError, PassphraseError, ReferralGoneError, UnsealError
from shared.referrals.model import FINISHED, SEALED, Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedReferral:
    """A referral that was opened: label and answer of each question, and the proof of opening it.

    Attributes:
        token: that of its own link.
        opened_before: the day on which someone had opened it earlier, YYYY-MM-DD in London; "" if no one had.
        session: the proof that the passphrase was entered; "" if it was opened again with the proof of opening it.
    """

    referral: Referral
    answers: list[tuple[str, str]] = field(repr=False)
    proof: str = field(repr=False)
    token: str = field(default="", repr=False)
    opened_before: str = ""
    session: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Opens referrals for anyone who holds the link and knows one of the passphrases.

    Attributes:
        authenticate: `RowMac.check`; raises UnsealError.
        content_key: unwraps the key of sealed answers; raises KeyUnavailableError and UnsealError.
        unseal: opens the answers of that referral with it; raises UnsealError.
        acknowledge_reference: notes that the provider has opened and saved the referral; it may be repeated.
        set_aside_reference: notes that the provider has opened it and takes it for not genuine; it may be repeated.
    """

    links: ReferralLinks
    store: ReferralRepository
    tries: WrongTries
    passphrases: tuple[PassphraseHash, ...]
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    content_key: Callable[[Sealed], bytes]
    unseal: Callable[[Referral, Sealed, bytes], bytes]
    acknowledge_reference: Callable[[str, datetime], object]
    set_aside_reference: Callable[[str, datetime], object]

    def look(self, token: str, now: datetime) -> Referral:
        """The link's referral, without opening it.

        Raises:
            ReferralLinkError: the link is not valid, or the referral is deleted.
            LinkExpiredError: it is too old at `now` (UTC); so do all that take a link.
            StorageError: storage refuses, or gives no clear answer.
        """
        return linked_referral(self.links, self.store, token, now)

    def open(
        self, token: str, passphrase: str, now: datetime, waited: timedelta = timedelta(0), page: str = ""
    ) -> OpenedReferral:
        """The answers, for a passphrase that was entered into a `page` that had been open for so long.

        Raises:
            PassphraseError: it is another one.
            PassphraseTooSoonError: after too many of those, over all links, the page was not open for long enough, or
                had a try before, or too many others are being compared.
            ReferralGoneError: the provider has acknowledged it; here it is deleted, or will be in some days.
            KeyUnavailableError: the vault does not answer; nothing is lost.
            UnsealError: the stored answers are damaged, or were not written by this service.
            StorageError: the number of attempts is unknown, so none is allowed.
        """
        referral = self._present(token, now)
        with self.tries.attempt(now, waited, page) as wrong:  # before it is compared: see `wrong_tries`
            is_right = self._is_right(passphrase, now)
        if not is_right:
            raise self._mistake(wrong, now)
        return self._open_checked(token, referral, now)

    def open_in_session(self, token: str, session: str, reference: str, now: datetime) -> OpenedReferral:
        """The answers of one that waits, for a `session` that is good at `now` (see `provider_session`).

        Its own link expires with that of `token`, at whose page it was asked for.

        Raises:
            ReferralGoneError, KeyUnavailableError, UnsealError, StorageError: as for `open`.
        """
        own = self.links.collect_token_beside(token, reference)
        return replace(self._open_checked(own, self._present(own, now), now), session=session)

    def open_again(self, token: str, proof: str, now: datetime) -> OpenedReferral:
        """The answers, for a proof of opening them in the last half hour.

        Raises:
            ProofError: they were not, at least not with this link, or are sent again since.
            ReferralGoneError, KeyUnavailableError, UnsealError, StorageError: as for `open`.
        """
        referral = self._present(token, now)
        with recording_damage(self.store, referral, now):
            unlocked = self._unlocked(token, referral, now)
            access_token.check(unlocked.key, referral, proof, now)
            return self._collected(referral, unlocked, proof)

    def acknowledge(self, token: str, proof: str, now: datetime) -> str:
        """Notes that the provider has saved the referral, so that it is deleted here later; returns its reference.

        Raises:
            ProofError and others as for `open_again`: only someone who has seen the answers may have them deleted. One
                that a colleague has set aside is not gone for whoever has saved it.
        """
        referral = self._checked(token, self._unconfirmed(token, now), proof, now)
        self.acknowledge_reference(referral.reference, now)
        return referral.reference

    def set_aside(self, token: str, proof: str, now: datetime) -> str:
        """Notes that the provider takes the referral for not genuine; as `acknowledge` in all else."""
        referral = self.check_opened(token, proof, now)
        self.set_aside_reference(referral.reference, now)
        return referral.reference

    def check_opened(self, token: str, proof: str, now: datetime) -> Referral:
        """The link's referral, for a proof of opening it in the last half hour; raises as `open_again`."""
        return self._checked(token, self._present(token, now), proof, now)

    def _checked(self, token: str, referral: Referral, proof: str, now: datetime) -> Referral:
        with recording_damage(self.store, referral, now):
            key = self._unlocked(token, referral, now).key
        access_token.check(key, referral, proof, now)
        return referral

    def _open_checked(self, token: str, referral: Referral, now: datetime) -> OpenedReferral:
        with recording_damage(self.store, referral, now):
            unlocked = self._unlocked(token, referral, now)
            found = self._collected(referral, unlocked, access_token.issue(unlocked.key, referral, now))
        logger.info("a referral was opened by the provider")
        session = provider_session.issue(unlocked.key, referral.reference, now)
        opened_before = note_opening(self.store, referral, now)
        return replace(found, token=token, session=session, opened_before=opened_before)

    def _present(self, token: str, now: datetime) -> Referral:
        referral = self.look(token, now)
        if referral.state in FINISHED:
            raise ReferralGoneError
        return referral

    def _unconfirmed(self, token: str, now: datetime) -> Referral:
        """The referral if it was not confirmed; one that was set aside, too, as long as that may be taken back."""
        referral = self.look(token, now)
        if referral.state in FINISHED and not (referral.is_set_aside and referral.may_be_taken_back):
            raise ReferralGoneError
        return referral

    def _is_right(self, passphrase: str, now: datetime) -> bool:
        if not matches_any(passphrase, self.passphrases):
            return False
        self.tries.take_back(now)
        return True

    def _mistake(self, counted: int, now: datetime) -> PassphraseError:
        wrong = self.tries.known(now, counted)
        self.tries.tell(wrong, now)
        return PassphraseError(delay_after(wrong))

    def _unlocked(self, token: str, referral: Referral, now: datetime) -> "_Unlocked":
        found = self.store.sealed(referral.reference)
        if found is None:
            self._present(token, now)  # deleted since its row was read
            raise UnsealError("missing")
        self.authenticate(referral, *found, now)
        if (
            found[0].delivery == SEALED
        ):  # whatever was typed into its status: it is not damaged, and no passphrase opens it
            raise KeyUnavailableError("only the provider's keys open it")
        return _Unlocked(*found, self.content_key(found[1]))

    def _collected(self, referral: Referral, unlocked: "_Unlocked", proof: str) -> OpenedReferral:
        answers = json.loads(self.unseal(unlocked.stored, unlocked.sealed, unlocked.key))
        return OpenedReferral(referral, answer_pairs(answers, referral), proof)


@dataclass(frozen=True, slots=True)
class _Unlocked:
    """A sealed row that this service wrote, and its content key."""

    stored: Referral
    sealed: Sealed
    key: bytes = field(repr=False)
