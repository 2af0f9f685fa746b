"""The provider's passphrase: what is kept of it opens nothing, and however it is typed it is the same."""

import re

import pytest

from local.commands.passphrase import new_passphrase
from shared.passphrase import PassphraseHash, matches_any

SPOKEN = "violet harbour seven quiet lanterns"
OTHER = "violet harbour seven quiet lantern"
HASH, NEXT_HASH = PassphraseHash.of(SPOKEN), PassphraseHash.of("another one for the next year")


@pytest.mark.parametrize(
    "typed",
    [SPOKEN, f"  {SPOKEN}\n", SPOKEN.upper(), SPOKEN.replace(" ", "-"), SPOKEN.replace(" ", " – "), "ｖ" + SPOKEN[1:]],
)
def test_however_it_is_typed_it_is_the_same_passphrase(typed: str) -> None:
    assert HASH.matches(typed)


@pytest.mark.parametrize("typed", ["", " ", OTHER, SPOKEN.replace(" ", ""), str(HASH), "\ud800", "x" * 60_000])
def test_anything_else_is_not_the_passphrase(typed: str) -> None:
    assert not HASH.matches(typed)


def test_two_are_valid_while_it_is_changed() -> None:
    assert matches_any(SPOKEN, [NEXT_HASH, HASH])
    assert matches_any("another one for the next year", [NEXT_HASH, HASH])
    assert not matches_any(SPOKEN, [NEXT_HASH])
    assert not matches_any(SPOKEN, [])


def test_what_is_kept_is_slow_and_salted_and_read_back_whole() -> None:
    again = PassphraseHash.of(SPOKEN)

    assert re.fullmatch(r"scrypt:16384:8:5:[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{43}", str(HASH))
    assert again.salt != HASH.salt
    assert again.digest != HASH.digest
    assert PassphraseHash.parse(str(HASH)) == HASH
    assert not any(part in repr(HASH) for part in str(HASH).split(":")[4:]), "nothing to be logged"


SALT, DIGEST = str(HASH).split(":")[4:]


@pytest.mark.parametrize(
    "text",
    [
        SPOKEN,
        f"scrypt:8192:8:5:{SALT}:{DIGEST}",
        f"scrypt:16385:8:5:{SALT}:{DIGEST}",
        f"scrypt:16384:1:1:{SALT}:{DIGEST}",
        f"scrypt:1048576:8:1:{SALT}:{DIGEST}",
        f"scrypt:16384:8:5:{SALT[:8]}:{DIGEST}",
        f"scrypt:16384:8:5:{SALT}:{DIGEST[:20]}",
        f"scrypt:16384:8:5:{SALT}:{DIGEST}{DIGEST[:2]}",
        "pbkdf2:16384:8:5:" + SALT + ":" + DIGEST,
    ],
)
def test_a_setting_that_would_protect_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        PassphraseHash.parse(text)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(ValueError, match="20 characters"):
        PassphraseHash.of("horse  battery    staple"[:19])


def test_one_that_is_made_can_be_read_out_on_the_phone() -> None:
    made = {new_passphrase() for _ in range(50)}

    assert len(made) == 50
    assert all(re.fullmatch(r"([34679CDFGHJKMNPQRTVWXY]{4}-){4}[34679CDFGHJKMNPQRTVWXY]{4}", each) for each in made)
