"""Secrets of one developer's machine, made once: what Key Vault and deployment settings hold in Azure."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from shared import base64url

_SECRET_BYTES = 32
_RSA_BITS = 3072
_NAMES = {
    "BOOKING_KEY",
    "REFERRAL_KEY",
    "REFERRAL_MAC_KEY",
    "LINK_KEY",
    "PROVIDER_LINK_KEY",
    "SMOKE_KEY",
    "EMAIL_ACCESS_KEY",
    "NOTIFY_API_KEY",
    "NOTIFY_CALLBACK_TOKEN",
    "REFERRAL_PUBLIC_KEY",
    "REFERRAL_PRIVATE_KEY",
}


def load_or_create_keys(path: Path) -> dict[str, str]:
    """The keys of that file by setting's name; whatever is missing is made and added first, nothing is replaced."""
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if kept.keys() >= _NAMES:
        return kept
    keys = new_keys() | kept
    _write_privately(path, json.dumps(keys, indent=2))
    return keys


def new_keys() -> dict[str, str]:
    """Fresh keys by setting's name, as strings that the service reads."""
    return {
        "BOOKING_KEY": new_secret(),
        "REFERRAL_KEY": new_secret(),
        "REFERRAL_MAC_KEY": new_secret(),
        "LINK_KEY": new_secret(),
        "PROVIDER_LINK_KEY": new_secret(),
        "SMOKE_KEY": new_secret(),
        "EMAIL_ACCESS_KEY": _access_key(),
        "NOTIFY_API_KEY": f"local-{uuid4()}-{uuid4()}",
        "NOTIFY_CALLBACK_TOKEN": new_secret(),
        **_referral_keys(),
    }


def new_secret() -> str:
    """A fresh secret of 32 random bytes, as text that the service reads."""
    return base64url.encode(secrets.token_bytes(_SECRET_BYTES))


def _access_key() -> str:
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _referral_keys() -> dict[str, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS).private_numbers()
    public = {
        "kty": "RSA",
        "n": _encode_number(private.public_numbers.n),
        "e": _encode_number(private.public_numbers.e),
    }
    public["kid"] = _thumbprint(public)
    parts = {"d": private.d, "p": private.p, "q": private.q}
    parts |= {"dp": private.dmp1, "dq": private.dmq1, "qi": private.iqmp}
    secret = public | {name: _encode_number(number) for name, number in parts.items()}
    return {"REFERRAL_PUBLIC_KEY": json.dumps(public), "REFERRAL_PRIVATE_KEY": json.dumps(secret)}


def _thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638: SHA-256 of the required members in order of their names, without white space."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(json.dumps(dict(sorted(jwk.items())), separators=(",", ":")).encode())
    return base64url.encode(digest.finalize())


def _encode_number(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8))


def _write_privately(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)
