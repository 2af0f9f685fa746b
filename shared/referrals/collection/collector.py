"""Collects a referral: the provider opens it with a link and a passphrase, as often as needed, until it is saved."""

import json
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.passphrase import PassphraseHash, matches_any
from shared.referrals import transitions
from shared.referrals.collection import access_token, interrupted_erasure
from shared.referrals.collection.wrong_tries import WrongTries, delay_after
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import LinkExpiredError, PassphraseError, ReferralGoneError, ReferralLinkError, UnsealError
from shared.referrals.model import FINISHED, UNSENT, Referral, Sealed
from shared.referrals.repository import ReferralRepository
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedReferral:
    """A referral that was opened: label and answer of each question, and the proof of opening it."""

    referral: Referral
    answers: list[tuple[str, str]] = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Opens referrals for anyone who holds the link and knows one of the passphrases.

    Attributes:
        authenticate: `RowMac.check`; raises UnsealError.
        content_key: unwraps the key of sealed answers; raises KeyUnavailableError and UnsealError.
        unseal: opens the answers of that referral with it; raises UnsealError.
        acknowledge_reference: notes that the provider has opened and saved the referral; it may be repeated.
    """

    links: ReferralLinks
    store: ReferralRepository
    tries: WrongTries
    passphrases: tuple[PassphraseHash, ...]
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    content_key: Callable[[Sealed], bytes]
    unseal: Callable[[Referral, Sealed, bytes], bytes]
    acknowledge_reference: Callable[[str, datetime], object]

    def look(self, token: str, now: datetime) -> Referral:
        """The link's referral, without opening it.

        Raises:
            ReferralLinkError: the link is not valid, or the referral is deleted.
            LinkExpiredError: it is too old at `now` (UTC); so do all that take a link.
            StorageError: storage refuses, or gives no clear answer.
        """
        link = self.links.collect_link(token)
        if link.is_expired(now):
            raise LinkExpiredError(link.reference)
        referral = self.store.status(link.reference)
        if referral is None:
            raise ReferralLinkError
        return interrupted_erasure.completed(self.store, referral, now)

    def open(self, token: str, passphrase: str, now: datetime, waited: timedelta = timedelta(0)) -> OpenedReferral:
        """The answers, for a passphrase that was entered into a page that had been open for so long.

        Raises:
            PassphraseError: it is another one.
            PassphraseTooSoonError: after too many of those, over all links, the page was not open for long enough.
            ReferralGoneError: the provider has acknowledged it; here it is deleted, or will be in some days.
            KeyUnavailableError: the vault does not answer; nothing is lost.
            UnsealError: the stored answers are damaged, or were not written by this service.
            StorageError: the number of attempts is unknown, so none is allowed.
        """
        referral = self._present(token, now)
        self._check(passphrase, now, waited)
        with self._recording_damage(referral, now):
            unlocked = self._unlocked(token, referral, now)
            found = self._collected(referral, unlocked, access_token.issue(unlocked.key, referral, now))
        self._note_opening(referral, now)
        return found

    def open_again(self, token: str, proof: str, now: datetime) -> OpenedReferral:
        """The answers, for a proof of opening them in the last half hour.

        Raises:
            ProofError: they were not, at least not with this link, or are sent again since.
            ReferralGoneError, KeyUnavailableError, UnsealError, StorageError: as for `open`.
        """
        referral = self._present(token, now)
        with self._recording_damage(referral, now):
            unlocked = self._unlocked(token, referral, now)
            access_token.check(unlocked.key, referral, proof, now)
            return self._collected(referral, unlocked, proof)

    def acknowledge(self, token: str, proof: str, now: datetime) -> str:
        """Notes that the provider has saved the referral, so that it is deleted here later; returns its reference.

        Raises:
            ProofError and others as for `open_again`: only someone who has seen the answers may have them deleted.
        """
        referral = self._present(token, now)
        with self._recording_damage(referral, now):
            key = self._unlocked(token, referral, now).key
        access_token.check(key, referral, proof, now)
        self.acknowledge_reference(referral.reference, now)
        return referral.reference

    def _note_opening(self, referral: Referral, now: datetime) -> None:
        """Notes the day of the first opening, which proves that the answers of this email have arrived."""
        logger.info("a referral was opened by the provider")
        if referral.opened_on or referral.state in UNSENT:  # one that is being sent is claimed: a note would break that
            return
        try:
            self.store.mark(referral.reference, referral.etag, **transitions.opened(referral, now))
        except StorageError:  # acknowledging notes it too
            logger.warning("the opening of a referral could not be noted")

    def _present(self, token: str, now: datetime) -> Referral:
        referral = self.look(token, now)
        if referral.state in FINISHED:
            raise ReferralGoneError
        return referral

    def _check(self, passphrase: str, now: datetime, waited: timedelta) -> None:
        wrong = self.tries.count(now, waited)  # before it is compared: see `wrong_tries`
        if matches_any(passphrase, self.passphrases):
            self.tries.take_back(now)
            return
        self.tries.tell(wrong, now)
        raise PassphraseError(delay_after(wrong))

    def _unlocked(self, token: str, referral: Referral, now: datetime) -> "_Unlocked":
        found = self.store.sealed(referral.reference)
        if found is None:
            self._present(token, now)  # deleted since its row was read
            raise UnsealError("missing")
        self.authenticate(referral, *found, now)
        return _Unlocked(*found, self.content_key(found[1]))

    @contextmanager
    def _recording_damage(self, referral: Referral, now: datetime) -> Generator[None]:
        try:
            yield
        except UnsealError as error:
            logger.error("referral %s needs attention: unseal-%s", referral.reference, error)  # noqa: TRY400
            self.store.mark(referral.reference, referral.etag, **transitions.attention(f"unseal-{error}", now))
            raise

    def _collected(self, referral: Referral, unlocked: "_Unlocked", proof: str) -> OpenedReferral:
        answers = json.loads(self.unseal(unlocked.stored, unlocked.sealed, unlocked.key))
        return OpenedReferral(referral, answer_pairs(answers, referral), proof)


@dataclass(frozen=True, slots=True)
class _Unlocked:
    """A sealed row that this service wrote, and its content key."""

    stored: Referral
    sealed: Sealed
    key: bytes = field(repr=False)
