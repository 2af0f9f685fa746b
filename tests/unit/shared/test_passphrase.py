"""The provider's passphrase: what is kept of it opens nothing, and however it is typed it is the same."""

import hashlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.commands.passphrase import main, new_passphrase
from shared import base64url
from shared.passphrase import PassphraseHash, matches_any

pytestmark = pytest.mark.usefixtures("passphrases_compared_once")

SPOKEN = "violet harbour seven quiet lanterns"
OTHER = "violet harbour seven quiet lantern"
MADE = "3QWK-K7MN-4Q44-X9TH-6PRR"
# Literals, so that every process that runs these tests gives its cases the same names.
HASH = PassphraseHash.parse(
    "$argon2id$v=19$m=19456,t=2,p=1$K7JEhANttQ6z0D+zKrVLsw$2prFS3ik5FJbUnk+BIPByxTl/WrtMNIWSp2jrF39OJY"
)
NEXT_HASH = PassphraseHash.parse(
    "$argon2id$v=19$m=19456,t=2,p=1$fzG9KF08IJXuzN8XOtcW1A$/zK3GXjlAQSaC2wvSVeXrjYoNBn1SofLlDt46FwLrmM"
)
# Of the same passphrase, as it was printed before there was Argon2id: installations have it in their settings.
OLD_HASH = PassphraseHash.parse("scrypt:16384:8:5:HRCJNaTgz_Ao0gVsA6PruQ:uqk6w2YmxX_B5T3BXI550fBPINKdSQ0WhInVOAMvbq8")
# Of MADE, as it was printed when passphrases could be chosen; and of "hot dark cow not far form", chosen then.
MADE_BEFORE = PassphraseHash.parse(
    "$argon2id$v=19$m=19456,t=2,p=1$lTIHXzD6DnKCs0xNCO/ABA$nE1uHUdUWTugbD7D8dGw0dOg8oSYXmvu1ET4ZjKHTIU"
)
CHOSEN_LIKE_MADE = "$argon2id$v=19$m=19456,t=2,p=1$lNp9skobiX5xUkk5lFOohA$eI1qIyXopBUi1v4UGBifjecFnvdEkhw8dIRRv1aEv0k"
EITHER_HASH = pytest.mark.parametrize("kept", [HASH, OLD_HASH], ids=["Argon2id", "scrypt"])


@pytest.mark.parametrize(
    "typed",
    [SPOKEN, f"  {SPOKEN}\n", SPOKEN.upper(), SPOKEN.replace(" ", "-"), SPOKEN.replace(" ", " – "), "ｖ" + SPOKEN[1:]],
)
@EITHER_HASH
def test_however_it_is_typed_it_is_the_same_passphrase(kept: PassphraseHash, typed: str) -> None:
    assert kept.matches(typed)


@pytest.mark.parametrize(
    "typed",
    [
        MADE,
        MADE.lower(),
        MADE.replace("-", " "),
        MADE.replace("-", ""),
        MADE.replace("-", " – "),
        f"  {MADE}.\n",
        " ".join(MADE),
        "３QWK-K7MN-4Q44-X9TH-6PRR",
        "3QWK-К7МN-4Q44-Х9ТН-6РRR",
        "3OWK-K1MN-A0AA-X9TH-6PRR",
    ],
)
@pytest.mark.parametrize("kept", [PassphraseHash.of(MADE), MADE_BEFORE], ids=["now", "before"])
def test_however_a_generated_one_is_typed_it_is_the_same(kept: PassphraseHash, typed: str) -> None:
    assert kept.matches(typed)


@pytest.mark.parametrize("typed", [MADE[:-1], MADE + "4", MADE[:-1] + "4", MADE[::-1], MADE * 2, MADE + " " * 200])
def test_one_sign_more_less_or_other_is_not_it(typed: str) -> None:
    assert not MADE_BEFORE.matches(typed)


def test_a_chosen_one_of_before_that_looks_generated_is_still_read_as_it_was_hashed() -> None:
    assert PassphraseHash.parse(CHOSEN_LIKE_MADE).matches("Hot dark-cow    not far form")


@pytest.mark.parametrize("typed", ["", " ", OTHER, SPOKEN.replace(" ", ""), "\ud800", "x" * 60_000])
@EITHER_HASH
def test_anything_else_is_not_the_passphrase(kept: PassphraseHash, typed: str) -> None:
    assert not kept.matches(typed)


@EITHER_HASH
def test_what_is_kept_of_it_is_not_the_passphrase(kept: PassphraseHash) -> None:
    assert not kept.matches(str(kept))


def test_two_are_valid_while_it_is_changed() -> None:
    assert matches_any(SPOKEN, [NEXT_HASH, HASH])
    assert matches_any("another one for the next year", [NEXT_HASH, HASH])
    assert matches_any(SPOKEN, [NEXT_HASH, OLD_HASH])
    assert not matches_any(OTHER, [NEXT_HASH, OLD_HASH])
    assert not matches_any(SPOKEN, [NEXT_HASH])
    assert not matches_any(SPOKEN, [])


def test_what_is_kept_is_slow_and_salted_and_read_back_whole() -> None:
    again = PassphraseHash.of(MADE)

    assert re.fullmatch(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", str(HASH))
    assert not set(str(again).split("$")[4:]) & set(str(HASH).split("$")[4:])


@EITHER_HASH
def test_a_hash_is_read_back_as_it_was_written_and_never_logged(kept: PassphraseHash) -> None:
    assert PassphraseHash.parse(str(kept)) == kept
    assert not any(part in repr(kept) for part in re.split("[$:]", str(kept))[-2:]), "nothing to be logged"


OLD_SALT, OLD_DIGEST = str(OLD_HASH).split(":")[4:]
SALT, DIGEST = str(HASH).split("$")[4:]


@pytest.mark.parametrize(
    "text",
    [
        SPOKEN,
        f"scrypt:8192:8:5:{OLD_SALT}:{OLD_DIGEST}",
        f"scrypt:16385:8:5:{OLD_SALT}:{OLD_DIGEST}",
        f"scrypt:16384:1:1:{OLD_SALT}:{OLD_DIGEST}",
        f"scrypt:1048576:8:1:{OLD_SALT}:{OLD_DIGEST}",
        f"scrypt:16384:8:5:{OLD_SALT[:8]}:{OLD_DIGEST}",
        f"scrypt:16384:8:5:{OLD_SALT}:{OLD_DIGEST[:20]}",
        f"scrypt:16384:8:5:{OLD_SALT}:{OLD_DIGEST}{OLD_DIGEST[:2]}",
        "pbkdf2:16384:8:5:" + OLD_SALT + ":" + OLD_DIGEST,
        f"$argon2id$v=19$m=9728,t=2,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=1,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=262145,t=1,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=1000,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=0${SALT}${DIGEST}",
        f"$argon2id$v=16$m=19456,t=2,p=1${SALT}${DIGEST}",
        f"$argon2i$v=19$m=19456,t=2,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT[:8]}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${DIGEST[:20]}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${DIGEST}=",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT[:-1]}B${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${DIGEST}\n",
    ],
)
def test_a_setting_that_would_protect_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        PassphraseHash.parse(text)


@pytest.mark.parametrize("cost", ["m=262144,t=1,p=1", "m=65536,t=3,p=4"])
def test_a_dearer_hash_than_ours_is_read_and_compared(cost: str) -> None:
    """The second is the one that RFC 9106 recommends where memory is short."""
    dearer = PassphraseHash.parse(f"$argon2id$v=19${cost}${SALT}${DIGEST}")

    assert not dearer.matches(SPOKEN)


def test_a_longer_scrypt_hash_than_ours_is_read_and_compared() -> None:
    """Another tool may have made it: 20 bytes of salt, 48 of hash."""
    salt = bytes(range(20))
    digest = hashlib.scrypt(SPOKEN.encode(), salt=salt, n=2**14, r=8, p=5, dklen=48, maxmem=2**26)
    longer = PassphraseHash.parse(f"scrypt:16384:8:5:{base64url.encode(salt)}:{base64url.encode(digest)}")

    assert longer.matches(SPOKEN)
    assert not longer.matches(OTHER)


@pytest.mark.parametrize(
    "chosen",
    [
        *("", "horse  battery    staple"[:19], SPOKEN, "only on this machine", "x" * 64_000, MADE[:-1], MADE + "4"),
        *("3QWK-K7MN-4Q44-X9TH-6PRI", "a" * 19, "correct horse battery staple", "password password password"),
    ],
)
def test_one_that_someone_chose_is_refused(chosen: str) -> None:
    with pytest.raises(ValueError, match="5 groups of 4"):
        PassphraseHash.of(chosen)


def test_the_command_asks_for_none_and_prints_the_hash_of_the_one_that_it_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert main() == 0
    told, kept = capsys.readouterr().out.splitlines()
    made, printed = told.rpartition(": ")[2], kept.removeprefix("REFERRAL_PASSPHRASE=")
    assert re.fullmatch(r"([34679CDFGHJKMNPQRTVWXY]{4}-?){5}", made)
    assert PassphraseHash.parse(printed).matches(made)


def test_no_more_than_two_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    counting, together = threading.Lock(), threading.Barrier(2)

    def is_of(_: PassphraseHash, plain: str) -> bool:
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        together.wait(5)  # so that there are two
        with counting:
            running -= 1
        return bool(plain)

    monkeypatch.setattr(PassphraseHash, "_is_of", is_of)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(MADE_BEFORE.matches, [MADE] * 8))
    assert most == 2


def test_one_that_is_made_can_be_read_out_on_the_phone() -> None:
    made = {new_passphrase() for _ in range(50)}

    assert len(made) == 50
    assert all(re.fullmatch(r"([34679CDFGHJKMNPQRTVWXY]{4}-){4}[34679CDFGHJKMNPQRTVWXY]{4}", each) for each in made)
