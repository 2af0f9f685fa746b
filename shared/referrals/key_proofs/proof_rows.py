"""Proofs of public keys: a row each in the table `ReferralService`, made by the worker and read by the web app.

Each proof has a MAC under a key that no storage administrator has, so that nobody else can say that a key is good.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from shared import base64url
from shared.referrals.key_derivation import KEY_PROOF, ROW_MAC_KEY_ID, derive_key
from shared.tables.table import Row, Table, moment_text

logger = logging.getLogger(__name__)

_PARTITION = "key-proof"
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class KeyProof:
    """`proven_at` is when a canary last opened, in UTC; None for never. `failed`: the last one did not decrypt."""

    proven_at: datetime | None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class ProofMac:
    """Signs with every key in `keys`, by id, so that apps that hold different ones during a rotation can check it."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, *secrets: bytes) -> Self:
        """Derives the keys and their ids from REFERRAL_MAC_KEY, and from those before."""
        return cls({derive_key(each, ROW_MAC_KEY_ID, _ID_BYTES).hex(): derive_key(each, KEY_PROOF) for each in secrets})

    def sign(self, thumbprint: str, proof: KeyProof) -> str:
        """Returns a MAC for each key, as "id:mac" with blanks between."""
        return " ".join(f"{name}:{_mac(key, thumbprint, proof)}" for name, key in self.keys.items())

    def accepts(self, signed: str, thumbprint: str, proof: KeyProof) -> bool:
        """True if one of the MACs is of a key that is known here."""
        given = dict(part.partition(":")[::2] for part in signed.split(" "))
        return any(
            hmac.compare_digest(given.get(name, "").encode(), _mac(key, thumbprint, proof).encode())
            for name, key in self.keys.items()
        )


@dataclass(frozen=True, slots=True)
class KeyProofs:
    """Reads and writes the proofs."""

    table: Table
    mac: ProofMac

    def get(self, thumbprint: str) -> KeyProof | None:
        """Returns the proof of the key; None if there is none, or none of this service's.

        Raises:
            StorageError: the table cannot be read.
        """
        row = self.table.get(_PARTITION, thumbprint)
        if row is None:
            return None
        proof = _read(row)
        if self.mac.accepts(row.text("Mac"), thumbprint, proof):
            return proof
        logger.error("the proof of a key for referrals was not written by this service: it counts as none")
        return None

    def record(self, thumbprint: str, proof: KeyProof) -> None:
        """Writes the proof of the key.

        Raises:
            StorageError: it may not be written.
        """
        cells = {"ProvenAt": _text(proof.proven_at), "Failed": proof.failed, "Mac": self.mac.sign(thumbprint, proof)}
        self.table.put({"PartitionKey": _PARTITION, "RowKey": thumbprint} | cells)


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Returns the thumbprint of a public RSA key (RFC 7638, SHA-256), in base64url, over its `kid` as well.

    Answers are opened with the private key that their `kid` names: the right numbers under another name open nothing.
    """
    numbers = {name: base64url.encode(base64url.decode_any(jwk[name]).lstrip(b"\0")) for name in ("e", "n")}
    members = numbers | {"kid": jwk["kid"], "kty": "RSA"}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())


def _read(row: Row) -> KeyProof:
    return KeyProof(row.moment("ProvenAt"), failed=row.boolean("Failed", default=True))


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment_text(moment)


def _mac(key: bytes, thumbprint: str, proof: KeyProof) -> str:
    parts = (thumbprint, _text(proof.proven_at), "failed" if proof.failed else "opened")
    return hmac.new(key, "|".join(parts).encode(), hashlib.sha256).hexdigest()
