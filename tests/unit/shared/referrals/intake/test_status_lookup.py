"""Progress of a referral for anyone who holds its reference, in any spelling of it."""

import pytest

from shared.references import ALPHABET, read_reference
from shared.referrals.errors import ReferralUnknownError, TooManyGuessesError
from shared.referrals.intake.status_lookup import MAX_GUESSES_PER_MINUTE, GuessLimiter, StatusLookup
from shared.referrals.model import Progress, ReferralState
from tests.builders import referral
from tests.fakes import FakeTime

REFERENCE = "34HKMPTV"


def enquiries(time: FakeTime | None = None) -> StatusLookup:
    known = {REFERENCE: referral(reference=REFERENCE, state=ReferralState.SENT)}
    return StatusLookup(known.get, GuessLimiter((time or FakeTime()).monotonic))


@pytest.mark.parametrize(
    "typed",
    [
        "34HKMPTV",
        "34hkmptv",
        " 34HK MPTV ",
        "34-HK-MP-TV",
        "34HK–MPTV.",
        "３４ＨＫＭＰＴＶ",
        "34НКМРТV",
        "34ΗΚΜΡΤV",
        "٣٤HKMPTV",
        "34HKMPTU",
        "34HKMPTV\n",
    ],
)
def test_however_it_is_typed_it_is_the_same_reference(typed: str) -> None:
    assert read_reference(typed) == REFERENCE
    assert enquiries().progress(typed) == (REFERENCE, Progress.SENT)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "34HKMPT", "34HKMPTVV", "34HKMPTV34HKMPTV", "../34HKMPTV/..x", "' or 1 eq 1", "\ud800", "x" * 9999],
)
def test_what_is_no_reference_is_unknown_like_one_that_was_never_given(typed: str) -> None:
    assert read_reference(typed) is None
    for each in (typed, "34HKMPTW"):
        with pytest.raises(ReferralUnknownError):
            enquiries().progress(each)


def test_every_letter_of_the_alphabet_reads_as_itself() -> None:
    pairs = [ALPHABET[at : at + 8].ljust(8, "3") for at in range(0, len(ALPHABET), 8)]

    assert [read_reference(each) for each in pairs] == pairs


def test_a_process_answers_so_many_wrong_guesses_a_minute_and_then_none() -> None:
    time = FakeTime()
    asked = enquiries(time)
    for _ in range(MAX_GUESSES_PER_MINUTE):
        with pytest.raises(ReferralUnknownError):
            asked.progress("nothing")

    with pytest.raises(TooManyGuessesError):
        asked.progress(REFERENCE)
    time.seconds += 60
    assert asked.progress(REFERENCE) == (REFERENCE, Progress.SENT)


def test_right_references_are_answered_however_many_are_asked_for() -> None:
    asked = enquiries()

    assert {asked.progress(REFERENCE) for _ in range(5 * MAX_GUESSES_PER_MINUTE)} == {(REFERENCE, Progress.SENT)}
