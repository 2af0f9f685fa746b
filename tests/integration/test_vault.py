"""Opening what was sealed, through Microsoft's client, with a key that never leaves the vault."""

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken

from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import Sealer, VaultKey, unseal
from tests.builders import referral
from tests.vault import TOKEN, Vault, running_vault

REF1, REF2 = referral(reference="REF1"), referral(reference="REF2")
ANSWERS = "Ọ́káfọ̀ أحمد".encode()


class Identity:
    """A managed identity that has its token already."""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 3600)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with running_vault(tmp_path) as running:
        yield running


def key_of(vault: Vault) -> VaultKey:
    return VaultKey(vault.key_url, Identity(), connection_verify=str(vault.certificate))


def sealed_with(jwk: str) -> Sealed:
    return Sealer(json.loads(jwk)).seal(REF1, ANSWERS)


def test_what_was_sealed_with_the_public_part_opens_through_the_vault(vault: Vault) -> None:
    sealed = sealed_with(vault.new_version())
    assert vault.requests == [], "sealing asks no vault"

    assert unseal(REF1, sealed, key_of(vault)) == ANSWERS
    assert vault.unwrapped == 1


def test_an_old_version_still_opens_and_new_seals_use_the_new_one(vault: Vault) -> None:
    old, new = (sealed_with(vault.new_version()) for _ in range(2))
    key = key_of(vault)

    assert [unseal(REF1, sealed, key) for sealed in (old, new)] == [ANSWERS, ANSWERS]
    assert old.key_id != new.key_id
    assert {old.key_id, new.key_id} == {vault.jwk(version)["kid"] for version in vault.versions}


def test_a_version_that_is_switched_off_is_waited_for_and_opens_when_it_is_on_again(vault: Vault) -> None:
    sealed = sealed_with(vault.new_version())
    [version] = vault.versions.values()
    version.enabled = False
    with pytest.raises(KeyUnavailableError, match="HTTP 403"):
        unseal(REF1, sealed, key_of(vault))

    version.enabled = True
    assert unseal(REF1, sealed, key_of(vault)) == ANSWERS


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_vault_in_trouble_is_asked_once_and_waited_for(vault: Vault, status: int) -> None:
    sealed, key = sealed_with(vault.new_version()), key_of(vault)
    assert unseal(REF1, sealed, key) == ANSWERS
    asked = len(vault.requests)
    vault.fault = status

    with pytest.raises(KeyUnavailableError):
        unseal(REF1, sealed, key)

    assert len(vault.requests) == asked + 1, "the client does not insist"
    vault.fault = 0
    assert unseal(REF1, sealed, key) == ANSWERS


def test_a_vault_that_is_not_there_is_waited_for(vault: Vault) -> None:
    nowhere = "https://127.0.0.1:9/keys/referrals"
    jwk = json.loads(vault.new_version()) | {"kid": f"{nowhere}/1"}
    sealed = Sealer(jwk).seal(REF1, ANSWERS)

    with pytest.raises(KeyUnavailableError):
        unseal(REF1, sealed, VaultKey(nowhere, Identity()))


@pytest.mark.parametrize("change", ["key", "content", "reference", "another vault's key"])
def test_what_was_tampered_with_or_moved_does_not_open(vault: Vault, change: str) -> None:
    sealed = sealed_with(vault.new_version())
    if change == "key":
        sealed = dataclasses.replace(sealed, wrapped_key=sealed.wrapped_key[:-1] + bytes([sealed.wrapped_key[-1] ^ 1]))
    if change == "content":
        sealed = dataclasses.replace(sealed, ciphertext=sealed.ciphertext[:-1])
    if change == "another vault's key":
        sealed = dataclasses.replace(sealed, key_id="https://vault.evil.example/keys/referrals/1")

    with pytest.raises(UnsealError):
        unseal(REF2 if change == "reference" else REF1, sealed, key_of(vault))


def test_a_version_that_there_never_was_is_waited_for(vault: Vault) -> None:
    sealed = dataclasses.replace(sealed_with(vault.new_version()), key_id=f"{vault.key_url}/{'0' * 32}")

    with pytest.raises(KeyUnavailableError, match="HTTP 404"):
        unseal(REF1, sealed, key_of(vault))
