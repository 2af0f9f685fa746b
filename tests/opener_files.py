"""Key files and referral files as the opener makes and reads them, with Python's `cryptography` in place of WebCrypto.

Written from docs/opener.md and not from the opener's script: each side opens what the other made.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.builders import ROOT

VECTORS: Mapping[str, Any] = json.loads((ROOT / "tests" / "opener_vectors.json").read_text("utf-8"))
"""Made once: the key files by the opener in Chromium 156, the referral by this service. They have to open for ever."""

PASSPHRASES = ("abacus zoom abdomen zone ability yodel", "cabbage yeast cable xerox cactus wriggle")
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_ROUNDS = 600_000


@dataclass(frozen=True)
class Key:
    """A key of a provider: its public half as the service takes it, and its private half."""

    jwk: Mapping[str, str]
    private: rsa.RSAPrivateKey

    @property
    def name(self) -> str:
        return self.jwk["kid"]


@cache
def keys(owner: str = "the provider") -> tuple[Key, Key]:  # two other keys for each owner
    """Two keys, generated once in a process for each owner."""
    first, second = sorted((_new_key(), _new_key()), key=lambda key: key.name)
    return first, second


def _new_key() -> Key:
    private = rsa.generate_private_key(65537, 3072)
    n = private.public_key().public_numbers().n
    numbers = {"e": "AQAB", "kty": "RSA", "n": _text(n.to_bytes(384))}
    name = _text(hashlib.sha256(json.dumps(numbers, separators=(",", ":")).encode()).digest())
    return Key({**numbers, "kid": name, "use": "enc", "alg": "RSA-OAEP-256"}, private)


def key_file(key: Key, passphrase: str, together: Sequence[Key]) -> dict[str, Any]:
    """The content of a file that holds this key, and names those that were made together with it."""
    der, pkcs8, none = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    file = {
        "type": "staff-support/key",
        "version": "1",
        "thumbprint": key.name,
        "belongs_with": sorted(each.name for each in together),
        "rounds": _ROUNDS,
        "salt": _text(salt),
        "nonce": _text(nonce),
    }
    cipher = AESGCM(_wrapping_key(passphrase, file))
    file["private_key"] = _text(cipher.encrypt(nonce, key.private.private_bytes(der, pkcs8, none), _facts(file)))
    return file | {"checksum": checksum(file)}


def opened_key(file: Mapping[str, Any], passphrase: str) -> rsa.RSAPrivateKey:
    """The private key in a key file; raises InvalidTag for another passphrase, or a file that was changed."""
    assert file["checksum"] == checksum(file)
    cipher = AESGCM(_wrapping_key(passphrase, file))
    plain = cipher.decrypt(_bytes(file["nonce"]), _bytes(file["private_key"]), _facts(file))
    private = serialization.load_der_private_key(plain, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private


def checksum(file: Mapping[str, Any]) -> str:
    parts = (_facts(file).decode(), file["salt"], file["nonce"], file["private_key"])
    return _text(hashlib.sha256("|".join(parts).encode()).digest())


def content_key(file: Mapping[str, Any], thumbprint: str, private: rsa.RSAPrivateKey) -> bytes:
    """The content key of a referral file, with the private key of this thumbprint; raises ValueError for another."""
    wrapped = {each["thumbprint"]: each["wrapped_key"] for each in file["keys"]}
    return private.decrypt(_bytes(wrapped[thumbprint]), _OAEP)


def opened_referral(file: Mapping[str, Any], key: bytes) -> Any:
    """The record in a referral file, by its content key; raises InvalidTag."""
    thumbprints = " ".join(each["thumbprint"] for each in file["keys"])
    facts = f"SealedReferrals|{file['reference']}|{file['version']}|{file['received_on']}|{thumbprints}"
    derived = HKDF(hashes.SHA256(), 32, None, b"referral content: AES-256-GCM").derive(key)
    return json.loads(AESGCM(derived).decrypt(_bytes(file["nonce"]), _bytes(file["ciphertext"]), facts.encode()))


def _wrapping_key(passphrase: str, file: Mapping[str, Any]) -> bytes:
    letters = passphrase.replace(" ", "").encode()
    return hashlib.pbkdf2_hmac("sha256", letters, _bytes(file["salt"]), file["rounds"], 32)


def _facts(file: Mapping[str, Any]) -> bytes:
    together = " ".join(file["belongs_with"])
    return "|".join((file["type"], file["version"], file["thumbprint"], str(file["rounds"]), together)).encode()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
