"""Answers that are sealed for the provider: each of its keys opens them, and nothing that the service has."""

import dataclasses
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from shared.referrals.errors import UnsealError
from shared.referrals.provider_sealing.envelope import VERSION, ProviderEnvelope
from shared.referrals.provider_sealing.referral_file import file_name, referral_file
from shared.referrals.provider_sealing.sealer import ProviderSealer
from shared.referrals.sealed_answers import SEAL_VERSIONS, Sealed
from shared.referrals.sealing import LocalKey, unseal
from tests.builders import referral
from tests.every_row import every_row
from tests.generated_keys import generated_keys
from tests.opener_files import VECTORS, Key, content_key, keys, opened_referral

REFERRAL = referral(reference="HJKM3467")
RECORD = {"answers": [{"label": "Name", "answer": "Ọ́káfọ̀ أحمد"}]}
ANSWERS = json.dumps(RECORD, ensure_ascii=False).encode().ljust(4096)


def sealed() -> tuple[ProviderEnvelope, dict[str, Any]]:
    envelope = ProviderSealer([key.jwk for key in keys()]).seal(REFERRAL, ANSWERS)
    return envelope, json.loads(referral_file(REFERRAL, envelope))


def opened(file: dict[str, Any], key: Key) -> Any:
    return opened_referral(file, content_key(file, key.name, key.private))


@every_row("which", [0, 1])
def test_each_key_opens_it_alone(which: int) -> None:
    _, file = sealed()

    assert opened(file, keys()[which]) == RECORD


def test_another_providers_key_does_not() -> None:
    _, file = sealed()
    [one, _], [stranger, _] = keys(), keys("someone else")

    with pytest.raises(ValueError, match="Decryption failed"):
        content_key(file, one.name, stranger.private)


def test_what_was_sealed_before_opens_with_the_key_files_of_then() -> None:
    """The order of the keys in the file is the one that was sealed, and the blanks at the end are no answer."""
    file = VECTORS["referral"]

    assert [each["thumbprint"] for each in file["keys"]] == sorted(key["kid"] for key in VECTORS["public_keys"]["keys"])
    assert file["version"] == VERSION


@every_row(
    "change",
    [
        lambda file: file | {"reference": "HJKM3469"},
        lambda file: file | {"received_on": "2023-09-02"},
        lambda file: file | {"version": "2"},
        lambda file: file | {"keys": file["keys"][:1]},
        lambda file: file | {"keys": file["keys"][::-1]},
        lambda file: file | {"keys": [*file["keys"], {"thumbprint": "x", "wrapped_key": "x"}]},
        lambda file: file | {"nonce": file["nonce"][::-1]},
        lambda file: file | {"ciphertext": file["ciphertext"][::-1]},
        lambda file: file | {"ciphertext": file["ciphertext"][:-4]},
    ],
)
def test_what_was_changed_does_not_open(change: Any) -> None:
    """The list of keys as well: whoever adds a key to the settings cannot take its name off the referrals."""
    _, file = sealed()
    key = content_key(file, keys()[0].name, keys()[0].private)

    with pytest.raises(InvalidTag):
        opened_referral(change(file), key)


def test_the_same_answers_never_look_the_same_and_are_never_readable() -> None:
    [first, file], [second, _] = sealed(), sealed()

    assert first.ciphertext != second.ciphertext
    assert first.acknowledgement != second.acknowledgement
    assert not set(first.wrapped_keys.values()) & set(second.wrapped_keys.values())
    assert len(first.ciphertext) == len(ANSWERS) + 16
    assert "Name" not in json.dumps(file) + repr(first)


def test_the_service_has_nothing_that_opens_it() -> None:
    """A curious administrator with the row, the file, the public keys and the key in the vault.

    The content key is 32 bytes that are nowhere in them, and what the worker's key is asked to unwrap is none of its.
    """
    envelope, file = sealed()
    worker = generated_keys()
    kid = json.loads(worker["REFERRAL_PUBLIC_KEY"])["kid"]
    key = content_key(file, keys()[0].name, keys()[0].private)

    for wrapped in envelope.wrapped_keys.values():
        row = Sealed("2", kid, wrapped, envelope.nonce, envelope.ciphertext)
        with pytest.raises(UnsealError):
            unseal(REFERRAL, row, LocalKey(worker["REFERRAL_PRIVATE_KEY"]))
    held = [*envelope.wrapped_keys.values(), envelope.nonce, envelope.ciphertext, envelope.acknowledgement]
    assert key not in b"".join(held)


def test_what_opens_the_other_versions_refuses_it_by_name() -> None:
    envelope, _ = sealed()
    row = Sealed(VERSION, "", next(iter(envelope.wrapped_keys.values())), envelope.nonce, envelope.ciphertext)

    assert VERSION not in SEAL_VERSIONS
    with pytest.raises(UnsealError, match=f"version {VERSION}"):
        unseal(REFERRAL, row, _Unwrapper())


class _Unwrapper:
    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        return bytes(32)


def test_the_file_is_ascii_and_says_nothing_but_reference_day_and_keys() -> None:
    envelope, file = sealed()
    text = referral_file(REFERRAL, envelope)

    assert text.isascii()
    assert file_name("HJKM3467") == "HJKM3467.referral"
    assert file.keys() == {"type", "version", "reference", "received_on", "keys", "nonce", "ciphertext"}
    other_day = dataclasses.replace(REFERRAL, received_on="2023-09-02")
    assert json.loads(referral_file(other_day, envelope))["received_on"] == "2023-09-02"
