"""The provider's code: only the content key gives it, the service knows it again and cannot make it."""

import re
import secrets

from shared.references import ALPHABET
from shared.referrals.provider_sealing.acknowledgement_code import (
    acknowledgement_code,
    acknowledgement_hash,
    is_acknowledged,
)
from tests.every_row import every_row
from tests.opener_files import VECTORS

KEY = bytes(range(32))
CODE: str = VECTORS["code"]
STORED = bytes.fromhex(VECTORS["acknowledgement"])


def test_it_has_more_than_80_bits_and_no_sign_that_looks_like_another() -> None:
    codes = {acknowledgement_code(secrets.token_bytes(32)) for _ in range(200)}

    assert len(codes) == 200
    assert all(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{4}}[{ALPHABET}]{{4}}", code) for code in codes)
    assert len(ALPHABET) ** 20 > 2**80


def test_the_same_key_gives_the_same_code() -> None:
    assert acknowledgement_code(KEY) == acknowledgement_code(KEY) != acknowledgement_code(bytes(32))


@every_row("typed", [CODE, CODE.lower(), CODE.replace("-", ""), f" {CODE.replace('-', ' ')}\r\n"])
def test_the_code_is_known_however_it_is_pasted(typed: str) -> None:
    assert is_acknowledged(typed, STORED)


@every_row("typed", ["", CODE[:-1], CODE + "3", acknowledgement_code(KEY), STORED.hex(), "x" * 99_999])
def test_nothing_else_is_taken_for_it(typed: str) -> None:
    assert not is_acknowledged(typed, STORED)


def test_what_is_stored_is_a_hash_from_which_nobody_makes_the_code() -> None:
    stored = acknowledgement_hash(CODE)

    assert stored == STORED
    assert CODE.replace("-", "").encode() not in stored
