"""Sealed answers open under their own reference with the right key, and in no other way."""

import dataclasses
import json
import secrets
from typing import TYPE_CHECKING, cast

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.referrals.collection import access_token
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.key_derivation import CONTENT, OPENED, ROW_MAC, derive_key
from shared.referrals.sealing import LocalKey, Sealer, VaultKey, content_key, unseal
from shared.signing import Signer
from tests.builders import MORNING, referral
from tests.generated_keys import generated_keys
from tests.unit.shared.referrals import referral_system

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

KEYS, OTHER_KEYS = generated_keys(), generated_keys("another")
SEALER, PRIVATE = Sealer(json.loads(KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
REF1, REF2 = referral(reference="REF1"), referral(reference="REF2")
ANSWERS = "Ọ́káfọ̀ أحمد".encode()


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def test_what_is_sealed_opens_again() -> None:
    assert unseal(REF1, SEALER.seal(REF1, ANSWERS), PRIVATE) == ANSWERS


@pytest.mark.parametrize("padding", ["", "="])
def test_keys_in_plain_base64_seal_and_open(padding: str) -> None:
    """Settings accept numbers as other tools print them, so both sides have to."""

    def as_printed(jwk: str) -> dict[str, str]:
        texts: dict[str, str] = json.loads(jwk)
        plain = {name: text.translate(str.maketrans("-_", "+/")) for name, text in texts.items()}
        padded = {name: text + padding * (-len(text) % 4) for name, text in plain.items()}
        return padded | {name: texts[name] for name in ("kty", "kid")}

    public = as_printed(KEYS["REFERRAL_PUBLIC_KEY"])
    private = LocalKey(json.dumps(as_printed(KEYS["REFERRAL_PRIVATE_KEY"])))

    assert any(sign in text for text in public.values() for sign in "+/")
    assert unseal(REF1, Sealer(public).seal(REF1, ANSWERS), private) == ANSWERS


def test_answers_that_would_not_open_are_not_given_out_as_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library or a machine at fault: every call binds the answers to something else."""
    monkeypatch.setattr("shared.referrals.sealing._associated_data", lambda *_: secrets.token_bytes(8))

    with pytest.raises(UnsealError, match="content"):
        SEALER.seal(REF1, ANSWERS)


@pytest.mark.parametrize("key_id", ["", "https://a.vault/keys/referrals", "https://a.vault/keys/referrals-of-others/1"])
def test_no_key_but_versions_of_our_own_is_asked_for(key_id: str) -> None:
    vault = VaultKey("https://a.vault/keys/referrals/", cast("TokenCredential", None))

    with pytest.raises(UnsealError, match="key id"):
        vault.unwrap(key_id, b"wrapped")


def test_nothing_readable_is_in_what_is_stored() -> None:
    sealed = SEALER.seal(REF1, ANSWERS)

    assert ANSWERS not in sealed.ciphertext + sealed.wrapped_key + sealed.nonce
    assert "Sealed(version='2'" in repr(sealed)
    assert "ciphertext" not in repr(sealed)


def test_the_same_answers_never_look_the_same() -> None:
    first, second = SEALER.seal(REF1, ANSWERS), SEALER.seal(REF1, ANSWERS)

    assert first.ciphertext != second.ciphertext
    assert first.nonce != second.nonce


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: {"ciphertext": flipped(sealed.ciphertext)},
        lambda sealed: {"ciphertext": sealed.ciphertext[:-1]},
        lambda sealed: {"ciphertext": b""},
        lambda sealed: {"nonce": flipped(sealed.nonce)},
        lambda sealed: {"nonce": b""},
        lambda sealed: {"wrapped_key": flipped(sealed.wrapped_key)},
        lambda sealed: {"wrapped_key": b""},
        lambda sealed: {"version": "1"},
    ],
    ids=["flipped", "cut short", "emptied", "nonce", "no nonce", "key", "no key", "version"],
)
def test_what_was_tampered_with_does_not_open(change: object) -> None:
    sealed = SEALER.seal(REF1, ANSWERS)
    assert callable(change)

    with pytest.raises(UnsealError):
        unseal(REF1, dataclasses.replace(sealed, **change(sealed)), PRIVATE)


def test_what_was_moved_to_another_reference_does_not_open() -> None:
    with pytest.raises(UnsealError):
        unseal(REF2, SEALER.seal(REF1, ANSWERS), PRIVATE)


def test_what_was_given_another_day_of_receipt_does_not_open() -> None:
    sealed = SEALER.seal(REF1, ANSWERS)

    with pytest.raises(UnsealError):
        unseal(dataclasses.replace(REF1, received_on="2023-09-02"), sealed, PRIVATE)


def test_what_the_version_before_sealed_still_opens() -> None:
    assert unseal(REF1, referral_system.seal_as_before("REF1", ANSWERS), referral_system.PRIVATE) == ANSWERS


def test_the_content_key_itself_encrypts_nothing() -> None:
    """It is one secret from which a key is derived for each purpose."""
    sealed = SEALER.seal(REF1, ANSWERS)
    key = content_key(sealed, PRIVATE)

    with pytest.raises(InvalidTag):
        AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, b"SealedReferrals|REF1|2|2023-09-01")
    proof, issued = access_token.issue(key, REF1, MORNING), str(int(MORNING.timestamp()))
    made = [proof, Signer((key,)).proof("opened", "REF1", REF1.version, issued)]
    assert made[0].partition("-")[2] != made[1]
    assert len({derive_key(key, purpose) for purpose in (CONTENT, OPENED, ROW_MAC)} | {key}) == 4


@pytest.mark.parametrize(
    ("version", "named"),
    [("3", "version 3"), ("", "version"), ("2\nERROR forged line", "version"), ("9" * 99, "version")],
)
def test_an_unknown_version_is_refused_by_name(version: str, named: str) -> None:
    sealed = dataclasses.replace(SEALER.seal(REF1, ANSWERS), version=version)

    with pytest.raises(UnsealError) as caught:
        unseal(REF1, sealed, PRIVATE)
    assert str(caught.value) == named


def test_another_key_is_waited_for_and_not_taken_for_tampering() -> None:
    with pytest.raises(KeyUnavailableError):
        unseal(REF1, SEALER.seal(REF1, ANSWERS), LocalKey(OTHER_KEYS["REFERRAL_PRIVATE_KEY"]))


def test_the_accepting_side_cannot_open_what_it_sealed() -> None:
    sealed = SEALER.seal(REF1, ANSWERS)

    with pytest.raises(NotImplementedError):
        SEALER._client.unwrap_key("RSA-OAEP-256", sealed.wrapped_key)  # type: ignore[arg-type]  # the value of the enum
