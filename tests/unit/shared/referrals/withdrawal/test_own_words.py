"""The three words: hard to guess, the same for one form, and kept so that no reader of a table has them."""

from datetime import timedelta

import pytest

from shared.references import keyed_hash
from shared.referrals.collection.wrong_tries import FREE, WrongTries
from shared.referrals.errors import OwnWordsError, PassphraseTooSoonError
from shared.referrals.row_mac import RowMac
from shared.referrals.withdrawal.own_referral import OwnReferrals
from shared.referrals.withdrawal.own_words import WordHashes, _words, key_of, read_words, words_of
from tests.builders import KEY, MORNING, referral_request
from tests.unit.shared.referrals.referral_system import MAC, SUBMISSION, ReferralHarness

HASHES = WordHashes.of(MAC)
REFERENCE, OTHER = "34679CDF", "34679CDG"
SHOWN = words_of(KEY, SUBMISSION)
KEPT = HASHES.hashed(REFERENCE, SHOWN)


def is_near(word: str, other: str) -> bool:
    """True if one becomes the other by one letter that is left out, added or another, or by two that change places."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    pairs = list(zip(word, other, strict=False))
    at = next((place for place, (one, two) in enumerate(pairs) if one != two), len(pairs))
    swapped = word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    tails = {(word[at + 1 :], other[at + 1 :]), (word[at:], other[at + 1 :]), (word[at + 1 :], other[at:])}
    return any(one == two for one, two in tails) or swapped == other[at:]


def test_three_words_are_33_bits_and_no_two_of_the_list_look_alike() -> None:
    words = _words()
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    near = [
        (word, other)
        for word in words
        for length in range(len(word), len(word) + 2)
        for other in by_length.get(length, [])
        if word[0] == other[0] and is_near(word, other)
    ]

    assert len(set(words)) == len(words) == 2**11
    assert len({word[:4] for word in words}) == len(words)
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
    assert near == []
    assert is_near("tidal", "tidla")
    assert is_near("tidal", "tial")


def test_a_form_has_the_same_words_whenever_it_is_sent_and_another_form_or_key_has_others() -> None:
    shown = {words_of(KEY, f"submission-{number:020}") for number in range(300)}

    assert words_of(KEY, SUBMISSION) == SHOWN
    assert len(SHOWN.split()) == 3
    assert len(shown) == 300
    assert words_of(b"another key".ljust(32), SUBMISSION) != SHOWN


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (SHOWN.upper(), SHOWN),
        (f"  {SHOWN.replace(' ', ', ')}.\n", SHOWN),
        (SHOWN.replace(" ", "-"), SHOWN),
        (" ".join(f"{word[:4]}s" for word in SHOWN.split()), SHOWN),
        (f"{SHOWN} {SHOWN}", None),
        ("qqqq wwww zzzz", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_words_are_read_however_they_are_typed(typed: str, read: str | None) -> None:
    assert read_words(typed) == read


def test_what_is_kept_holds_for_one_reference_and_for_who_has_the_key_alone() -> None:
    later = WordHashes.of(RowMac.of(b"n" * 32, (b"m" * 32,)))
    forgotten = WordHashes.of(RowMac.of(b"n" * 32))

    assert [HASHES.match(each, SHOWN, KEPT) for each in (REFERENCE, OTHER)] == [True, False]
    assert not HASHES.match(REFERENCE, words_of(KEY, "another form"), KEPT)
    assert not any(HASHES.match(REFERENCE, SHOWN, text) for text in ("", "x", KEPT[:-1], f"x{KEPT}"))
    assert (later.match(REFERENCE, SHOWN, KEPT), forgotten.match(REFERENCE, SHOWN, KEPT)) == (True, False)
    assert key_of(KEPT) == MAC.current
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in KEPT
    assert not any(word in KEPT for word in SHOWN.split())


class Owner(ReferralHarness):
    """The person who sent the one referral, with its words, at the page that asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.hashed = HASHES.hashed
        self.reference = self.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
        tries = WrongTries(self.tries)
        self.owned = OwnReferrals(status=self.repository().status, hashes=HASHES, tries=tries)

    def enter(self, reference: str, words: str, *, seconds: int = 0, page: str = "") -> str:
        return self.owned.find(reference, words, MORNING, timedelta(seconds=seconds), page).reference


def test_the_reference_and_the_words_find_it_and_leave_nothing() -> None:
    owner = Owner()

    assert owner.enter(owner.reference.lower(), SHOWN.upper()) == owner.reference
    assert owner.tries.rows == {}
    assert SHOWN not in str(owner.rows)


def test_a_wrong_reference_and_wrong_words_are_answered_alike_and_after_five_later() -> None:
    owner = Owner()
    for reference, words in ((owner.reference, words_of(KEY, "another form")), (OTHER, SHOWN)):
        for _ in range(FREE + 1):
            with pytest.raises(OwnWordsError):
                owner.enter(reference, words)
        with pytest.raises(PassphraseTooSoonError):
            owner.enter(reference, words)

    assert {partition for partition, _ in owner.tries.rows} == {"tries"}
    assert owner.reference not in str(owner.tries.rows)
    assert owner.enter(owner.reference, SHOWN, seconds=1, page="a page") == owner.reference, "nobody is locked out"


def test_what_is_counted_of_one_reference_delays_no_other_and_is_deleted_the_next_day() -> None:
    owner = Owner()
    for _ in range(FREE + 1):
        with pytest.raises(OwnWordsError):
            owner.enter(OTHER, SHOWN)

    assert owner.enter(owner.reference, SHOWN) == owner.reference
    WrongTries(owner.tries).prune(MORNING)
    assert len(owner.tries.rows) == 1
    WrongTries(owner.tries).prune(MORNING + timedelta(hours=2))
    assert owner.tries.rows == {}


def test_a_row_of_before_there_were_words_opens_for_none() -> None:
    owner = Owner()
    owner.type(OwnWords="")
    with pytest.raises(OwnWordsError):
        owner.enter(owner.reference, SHOWN)
    owner.type(OwnWords=keyed_hash(KEY, "words", owner.reference, SHOWN))
    with pytest.raises(OwnWordsError):
        owner.enter(owner.reference, SHOWN)


def test_a_status_that_was_lost_is_made_again_with_the_words() -> None:
    owner = Owner()
    kept = owner.referral().own_words
    owner.status.rows.clear()
    owner.orphan_recovery().run()

    assert owner.referral().own_words == kept != ""
    assert owner.enter(owner.reference, SHOWN) == owner.reference
