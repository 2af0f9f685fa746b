"""Readiness of the keys that this app seals with: a key is used once the worker has opened a canary of it."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.referrals.errors import KeyNotProvenError
from shared.referrals.key_proofs.proof_rows import KeyProofs
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

_READY_FOR = timedelta(minutes=1)
_NOT_READY_FOR = timedelta(seconds=5)  # a worker that has just proven the key opens the form soon
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class KeyReadiness:
    """The first of `keys` (thumbprints) that was proven once and whose last canary opened, however long ago that is.

    The vault and the timer may be down for days: what is sealed meanwhile opens afterwards. `prove` is for a process
    that can open referrals itself, as on a developer's machine: it need not wait for the timer. There are no keys where
    only the provider's open what is sealed: nothing here could prove them, and the provider's drill does.
    """

    proofs: KeyProofs
    keys: Sequence[str]
    prove: Callable[[datetime], None] | None = None
    _usable: str | None = field(init=False)
    _read_at: datetime = _LONG_AGO
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._usable = self.keys[0] if self.keys else None

    def is_ready(self, now: datetime) -> bool:
        """True if referrals can be taken at `now` (UTC)."""
        return not self.keys or self.usable(now) is not None

    def usable(self, now: datetime) -> str | None:
        """The key to seal with at `now` (UTC), as of a minute ago at most; None if there is none. A request a minute.

        As it was last if storage does not answer: a form that cannot be stored says so itself.
        """
        with self._lock:
            lasts = _NOT_READY_FOR if self._usable is None else _READY_FOR
            if not timedelta(0) <= now - self._read_at < lasts:
                self._usable, self._read_at = self._read(now), now
            return self._usable

    def _read(self, now: datetime) -> str | None:
        try:
            found = self._first_proven() or self._proven_here(now)
        except StorageError as error:
            logger.warning("cannot read the proof of the key for referrals: %s", type(error).__name__)
            return self._usable
        if found is None:
            logger.error("referrals are refused: the key that they are sealed with is not proven")
        return found

    def _first_proven(self) -> str | None:
        return next((key for key in self.keys if self._is_proven(key)), None)

    def _proven_here(self, now: datetime) -> str | None:
        if self.prove is None:
            return None
        with suppress(KeyNotProvenError):
            self.prove(now)
        return self._first_proven()

    def _is_proven(self, key: str) -> bool:
        proof = self.proofs.get(key)
        return proof is not None and proof.proven_at is not None and not proof.failed
