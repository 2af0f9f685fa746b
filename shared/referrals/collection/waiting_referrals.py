"""The referrals that one passphrase opens for half an hour: every one that waits for the provider."""

from dataclasses import dataclass
from datetime import datetime

from shared.references import read_reference
from shared.referrals.collection import provider_session
from shared.referrals.collection.collector import Collector, OpenedReferral
from shared.referrals.collection.waiting import in_order, is_waiting, reason_not_waiting
from shared.referrals.errors import (
    NotWaitingError,
    ProofError,
    ReferralGoneError,
    ReferralLinkError,
    SessionLostError,
    UnsealError,
)
from shared.referrals.model import Referral


@dataclass(frozen=True, slots=True)
class WaitingReferrals:
    """Lists and opens them for whoever has a link and has just entered the passphrase, at this link or another.

    `most_a_day`: referrals of one day beyond which they are listed last; 0 for never.
    """

    collector: Collector
    most_a_day: int = 0

    def listed(self, token: str, session: str, now: datetime) -> list[Referral]:
        """Every referral that waits, in the order of `waiting.in_order`; they are not opened.

        Raises:
            ProofError: `session` is not good at `now` (UTC): the passphrase is needed again.
            SessionLostError: so it is, since that can never be checked any more.
            KeyUnavailableError: the vault does not answer, so that it cannot be checked now.
            ReferralLinkError, LinkExpiredError: as for `Collector.look`.
            StorageError: they cannot be read.
        """
        self._check(token, session, now)
        return in_order(self.collector.store.every_status(), self.most_a_day)

    def is_good(self, token: str, session: str, now: datetime) -> bool:
        """True if `listed` would list; raises as it does but for ProofError."""
        try:
            self._check(token, session, now)
        except ProofError:
            return False
        return True

    def beside(self, opened: OpenedReferral) -> list[Referral]:
        """As `listed`, without one that was opened just now, for whoever opened it. Raises `StorageError`."""
        found = in_order(self.collector.store.every_status(), self.most_a_day)
        return [each for each in found if each.reference != opened.referral.reference]

    def open(self, token: str, session: str, reference: str, now: datetime) -> OpenedReferral:
        """The answers of one of them; its own proof is bound to it and its email.

        Raises:
            NotWaitingError: it does not wait, or not any more.
            KeyUnavailableError, UnsealError: as for `Collector.open`; the others can be opened all the same.
            ProofError, SessionLostError, ReferralLinkError, LinkExpiredError, StorageError: as for `listed`.
        """
        self._check(token, session, now)
        referral = self._found(reference)
        if referral is None or not is_waiting(referral):
            raise NotWaitingError(reason_not_waiting(referral))
        try:
            return self.collector.open_in_session(token, session, referral.reference, now)
        except (ReferralGoneError, ReferralLinkError) as error:  # since it was read, or its answers are gone
            raise NotWaitingError(reason_not_waiting(self._found(reference))) from error

    def _found(self, reference: str) -> Referral | None:
        asked = read_reference(reference)
        return self.collector.store.status(asked) if asked else None

    def _check(self, token: str, session: str, now: datetime) -> None:
        self.collector.look(token, now)
        anchor = read_reference(provider_session.anchor_of(session))
        if not anchor:
            raise ProofError
        provider_session.check(self._key_of(anchor, now), session, now)

    def _key_of(self, anchor: str, now: datetime) -> bytes:
        """The content key of the referral at whose link the passphrase was entered.

        Raises:
            SessionLostError: it is erased, or was not written by this service.
            KeyUnavailableError: the vault does not answer.
        """
        status, found = self.collector.store.status(anchor), self.collector.store.sealed(anchor)
        if status is None or found is None:
            raise SessionLostError
        try:
            self.collector.authenticate(status, *found, now)
            return self.collector.content_key(found[1])
        except UnsealError as error:
            raise SessionLostError from error
