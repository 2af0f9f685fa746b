"""The worker's proof that it can open what is sealed with each configured public key: a canary, sealed and opened."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.local_time import local_day
from shared.referrals.errors import KeyNotProvenError, KeyUnavailableError, UnsealError
from shared.referrals.key_proofs.proof_rows import KeyProof, KeyProofs
from shared.referrals.model import Referral, ReferralState
from shared.referrals.sealed_answers import Sealed

logger = logging.getLogger(__name__)

_INTERVAL = timedelta(hours=1)
_OLD = timedelta(hours=3)  # two canaries in a row could not be tried
_CANARY = "KEYPROOF"  # takes the place of a reference; no row is stored under it


class _Doubt(StrEnum):
    """The reason why a key is not proven, for the log."""

    FAILED = "does not open"
    UNTRIED = "could not be tried"


@dataclass(slots=True)
class KeyProver:
    """Proves each key at the start of the process and every hour.

    `seals` has the function that seals with each public key, by its thumbprint; `unseal` opens as for a referral.
    """

    proofs: KeyProofs
    seals: Mapping[str, Callable[[Referral, bytes], Sealed]]
    unseal: Callable[[Referral, Sealed], bytes]
    _proven: dict[str, datetime] = field(default_factory=dict)

    def run(self, now: datetime) -> None:
        """Tries each key that is due at `now` (UTC), and writes what was seen.

        A key that could not be tried stays as it was, and is tried again in the next run.

        Raises:
            KeyNotProvenError: a key does not open what it seals, or none of its canaries opened for over 3 hours.
            StorageError: the proofs cannot be read or written.
        """
        wrong = [found for key in self.seals if self._is_due(key, now) and (found := self._prove(key, now))]
        if wrong:
            raise KeyNotProvenError("; ".join(wrong))

    def _is_due(self, key: str, now: datetime) -> bool:
        last = self._proven.get(key)
        return last is None or not timedelta(0) <= now - last < _INTERVAL

    def _prove(self, key: str, now: datetime) -> str:
        """Returns what is wrong; "" if nothing is."""
        try:
            opens = self._opens(key, now)
        except KeyUnavailableError as error:
            return self._unavailable(key, now, error)
        if not opens:
            return self._failed(key)
        self.proofs.record(key, KeyProof(now))
        self._proven[key] = now
        return ""

    def _failed(self, key: str) -> str:
        before = self.proofs.get(key)
        self.proofs.record(key, KeyProof(before.proven_at if before else None, failed=True))
        logger.error("a key for referrals does not open what it seals: the form is closed until it does")
        return _Doubt.FAILED

    def _opens(self, key: str, now: datetime) -> bool:
        day, answers = local_day(now), secrets.token_bytes(32)
        canary = Referral(
            reference=_CANARY,
            state=ReferralState.RECEIVED,
            received_on=day,
            due_on=day,
            consent_version="",
            submission="",
        )
        try:
            return self.unseal(canary, self.seals[key](canary, answers)) == answers
        except UnsealError:
            return False

    def _unavailable(self, key: str, now: datetime, error: KeyUnavailableError) -> str:
        proof = self.proofs.get(key)
        if proof is not None and proof.proven_at is not None and now - proof.proven_at < _OLD:
            logger.warning("a key for referrals cannot be tried at the moment: %s", error)
            return ""
        logger.error("a key for referrals is not proven, or was last over 3 hours ago: %s", error)
        return _Doubt.UNTRIED
