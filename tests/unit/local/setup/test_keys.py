"""The secrets of one developer's machine."""

import base64
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.keys import KeyOperation
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

from local.setup.keys import load_or_create_keys, new_keys


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return new_keys()


def _client(jwk: str, may: KeyOperation) -> CryptographyClient:
    fields: dict[str, Any] = json.loads(jwk)
    numbers = {name: base64.urlsafe_b64decode(fields[name] + "==") for name in fields.keys() - {"kty", "kid"}}
    return CryptographyClient.from_jwk({**fields, **numbers, "key_ops": [may]})


def test_what_the_public_referral_key_wraps_only_the_private_one_unwraps(keys: dict[str, str]) -> None:
    sealing = _client(keys["REFERRAL_PUBLIC_KEY"], KeyOperation.wrap_key)
    opening = _client(keys["REFERRAL_PRIVATE_KEY"], KeyOperation.unwrap_key)

    wrapped = sealing.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"k" * 32)

    assert opening.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == b"k" * 32
    assert wrapped.key_id == json.loads(keys["REFERRAL_PRIVATE_KEY"])["kid"]


def test_the_public_referral_key_holds_nothing_private(keys: dict[str, str]) -> None:
    assert json.loads(keys["REFERRAL_PUBLIC_KEY"]).keys() == {"kty", "n", "e", "kid"}


def test_every_secret_has_32_random_bytes_of_its_own(keys: dict[str, str]) -> None:
    names = ("BOOKING_KEY", "REFERRAL_KEY", "REFERRAL_MAC_KEY", "LINK_KEY")
    secrets = {base64.urlsafe_b64decode(keys[name] + "==") for name in names}

    assert [len(secret) for secret in secrets] == [32, 32, 32, 32]


def test_the_keys_stay_the_same_from_one_run_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"

    assert load_or_create_keys(path) == load_or_create_keys(path)


def test_a_key_that_a_newer_version_needs_is_added_and_no_other_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    before = load_or_create_keys(path)
    path.write_text(json.dumps({name: key for name, key in before.items() if name != "LINK_KEY"}), "utf-8")

    after = load_or_create_keys(path)

    assert [name for name in after if after[name] != before[name]] == ["LINK_KEY"]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
def test_nobody_else_on_the_machine_may_read_the_keys(tmp_path: Path) -> None:
    load_or_create_keys(tmp_path / "keys.json")

    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
