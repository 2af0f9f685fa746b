"""What only the provider's keys open, as a row of the table holds it: authenticated, and unreadable here."""

import dataclasses
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared import base64url
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.model import SEALED
from shared.referrals.provider_sealing.referral_file import referral_file
from shared.referrals.provider_sealing.sealed_row import to_envelope, to_sealed
from shared.referrals.provider_sealing.sealer import ProviderSealer
from shared.referrals.referral_rows import read_referral, read_sealed, sealed_cells
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import LocalKey, NoKey, unseal
from shared.tables.table import Row
from tests.builders import MORNING, referral
from tests.generated_keys import generated_keys
from tests.opener_files import content_key, keys, opened_referral

REFERRAL = referral(reference="HJKM3467")
RECORD = {"answers": [{"label": "Name", "answer": "Ọ́káfọ̀"}]}
MAC = RowMac.of(b"m" * 32)


def row(jwks: Any = None) -> tuple[Any, Sealed]:
    """The referral and the sealed answers as they are read from the row that was written."""
    sealer = ProviderSealer(jwks or [key.jwk for key in keys()])
    answers = json.dumps(RECORD).encode().ljust(1024)
    sealed = MAC.sign(REFERRAL, to_sealed(sealer.seal(REFERRAL, answers)))
    stored = Row(sealed_cells(REFERRAL, sealed), "etag")
    return read_referral(stored), read_sealed(stored)


def test_each_key_opens_what_was_stored() -> None:
    stored, sealed = row()
    file = json.loads(referral_file(stored, to_envelope(sealed)))

    assert [opened_referral(file, content_key(file, key.name, key.private)) for key in keys()] == [RECORD, RECORD]


def test_keys_of_different_sizes_are_kept_apart() -> None:
    long = rsa.generate_private_key(65537, 4096).public_key().public_numbers()
    jwk = {"kty": "RSA", "e": "AQAB", "n": base64url.encode(long.n.to_bytes(512))}
    stored, sealed = row([keys()[0].jwk, jwk])
    file = json.loads(referral_file(stored, to_envelope(sealed)))

    assert sorted(len(each) for each in to_envelope(sealed).wrapped_keys.values()) == [384, 512]
    assert opened_referral(file, content_key(file, keys()[0].name, keys()[0].private)) == RECORD


def test_its_row_says_that_it_goes_in_no_other_way() -> None:
    assert row()[0].delivery == SEALED


def test_the_mac_covers_the_hash_of_the_code_and_every_key() -> None:
    """Whoever may write the table can have no code of theirs taken for the provider's, and no key added."""
    stored, sealed = row()
    MAC.check(REFERRAL, stored, sealed, MORNING)
    forged = [
        dataclasses.replace(sealed, acknowledgement=bytes(32)),
        dataclasses.replace(sealed, acknowledgement=b""),
        dataclasses.replace(sealed, key_id=f"{sealed.key_id} another"),
        dataclasses.replace(sealed, wrapped_key=sealed.wrapped_key[::-1]),
        dataclasses.replace(sealed, version="2"),
        dataclasses.replace(sealed, version="4"),
        dataclasses.replace(sealed, mac=b"", mac_key=""),
    ]
    taken = []
    for each in forged:
        try:
            MAC.check(REFERRAL, stored, each, MORNING)
        except UnsealError:
            continue
        taken.append(each)
    assert taken == []


def test_a_row_that_was_cut_short_is_named_as_damaged() -> None:
    _, sealed = row()
    one, _ = sealed.key_id.split()

    for damaged in (dataclasses.replace(sealed, key_id=one), dataclasses.replace(sealed, wrapped_key=b"")):
        with pytest.raises(UnsealError, match="wrapped keys"):
            to_envelope(damaged)
    with pytest.raises(UnsealError, match="version 2"):
        to_envelope(dataclasses.replace(sealed, version="2"))


def test_a_worker_without_a_key_opens_nothing_and_one_with_a_key_not_this() -> None:
    stored, sealed = row()

    for unwrapper in (NoKey(), LocalKey(generated_keys()["REFERRAL_PRIVATE_KEY"])):
        with pytest.raises(KeyUnavailableError):
            unseal(stored, sealed, unwrapper)
