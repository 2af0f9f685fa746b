"""Sealed answers open under their own reference with the right key, and in no other way."""

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from local.setup.keys import new_keys
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.sealing import LocalKey, Sealer, unseal

if TYPE_CHECKING:
    from shared.referrals.model import Sealed

KEYS, OTHER_KEYS = new_keys(), new_keys()
SEALER, PRIVATE = Sealer(json.loads(KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
ANSWERS = "Ọ́káfọ̀ أحمد".encode()


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def test_what_is_sealed_opens_again() -> None:
    assert unseal("REF1", SEALER.seal("REF1", ANSWERS), PRIVATE) == ANSWERS


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
    assert unseal("REF1", Sealer(public).seal("REF1", ANSWERS), private) == ANSWERS


def test_nothing_readable_is_in_what_is_stored() -> None:
    sealed = SEALER.seal("REF1", ANSWERS)

    assert ANSWERS not in sealed.ciphertext + sealed.wrapped_key + sealed.nonce
    assert "Sealed(version='1'" in repr(sealed)
    assert "ciphertext" not in repr(sealed)


def test_the_same_answers_never_look_the_same() -> None:
    first, second = SEALER.seal("REF1", ANSWERS), SEALER.seal("REF1", ANSWERS)

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
        lambda sealed: {"version": "2"},
    ],
    ids=["flipped", "cut short", "emptied", "nonce", "no nonce", "key", "no key", "version"],
)
def test_what_was_tampered_with_does_not_open(change: object) -> None:
    sealed = SEALER.seal("REF1", ANSWERS)
    assert callable(change)

    with pytest.raises(UnsealError):
        unseal("REF1", dataclasses.replace(sealed, **change(sealed)), PRIVATE)


def test_what_was_moved_to_another_reference_does_not_open() -> None:
    with pytest.raises(UnsealError):
        unseal("REF2", SEALER.seal("REF1", ANSWERS), PRIVATE)


def test_another_key_is_waited_for_and_not_taken_for_tampering() -> None:
    with pytest.raises(KeyUnavailableError):
        unseal("REF1", SEALER.seal("REF1", ANSWERS), LocalKey(OTHER_KEYS["REFERRAL_PRIVATE_KEY"]))


def test_the_accepting_side_cannot_open_what_it_sealed() -> None:
    sealed: Sealed = SEALER.seal("REF1", ANSWERS)

    with pytest.raises(NotImplementedError):
        SEALER._client.unwrap_key("RSA-OAEP-256", sealed.wrapped_key)  # type: ignore[arg-type]  # the value of the enum
