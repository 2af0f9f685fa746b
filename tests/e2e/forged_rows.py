"""Sealed answers as someone makes them who may write the tables and has the public key, which is no secret."""

import json
from typing import Any

from azure.keyvault.keys.crypto import KeyWrapAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.stack.stack import Stack
from shared.referrals.model import Referral, ReferralState
from shared.referrals.sealing import Sealer
from tests.e2e.conftest import rows

_CONSENT = {"version": "2023-09-01", "statement": "I agree"}
FORGED = {
    "answers": [{"ask": "full_name", "label": "Name", "answer": "Forged"}],
    "not_answered": [],
    "consent": _CONSENT,
}
GENUINE = FORGED | {"answers": [{"ask": "full_name", "label": "Name", "answer": "Canary-Nameself"}]}


def replace_sealed(stack: Stack, reference: str, version: str, record: dict[str, Any] = FORGED) -> None:
    """Puts this record in place of the answers; a row of the first version has no MAC, any other keeps its own."""
    table = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
    row = dict(table.get_entity("referrals", reference))
    if version == "1":
        kept = {name: value for name, value in row.items() if name not in {"Mac", "MacKey"}}
        table.delete_entity("referrals", reference)
        table.create_entity(kept | {"Version": version} | _sealed_as_before(stack, reference, record))
    else:
        sealed = _sealer(stack).seal(_referral(row), json.dumps(record).encode())
        cells = {"WrappedKey": sealed.wrapped_key, "Nonce": sealed.nonce, "Sealed": sealed.ciphertext}
        table.update_entity({"PartitionKey": "referrals", "RowKey": reference, **cells})


def _sealed_as_before(stack: Stack, reference: str, record: dict[str, Any]) -> dict[str, Any]:
    key, nonce = b"c" * 32, b"n" * 12
    wrapped = _sealer(stack)._client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, key).encrypted_key
    associated = f"SealedReferrals|{reference}|1".encode()
    return {
        "WrappedKey": wrapped,
        "Nonce": nonce,
        "Sealed": AESGCM(key).encrypt(nonce, json.dumps(record).encode(), associated),
    }


def _sealer(stack: Stack) -> Sealer:
    return Sealer(json.loads(stack.settings["REFERRAL_PUBLIC_KEY"]))


def _referral(row: dict[str, Any]) -> Referral:
    return Referral(
        reference=row["RowKey"],
        state=ReferralState.RECEIVED,
        received_on=row["ReceivedOn"],
        consent_version=row["ConsentVersion"],
        submission=row["SubmissionHash"],
    )
