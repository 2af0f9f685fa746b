"""Progress of a referral for anyone who holds its reference, in any spelling of it."""

import pytest

from shared.references import ALPHABET, read_reference
from shared.referrals.errors import ReferralUnknownError, TooManyGuessesError
from shared.referrals.intake.status_lookup import MAX_GUESSES_PER_MINUTE, GuessLimiter, StatusLookup
from shared.referrals.model import Progress, ReferralState
from tests.builders import referral
from tests.every_row import every_row
from tests.fakes import FakeTime

REFERENCE = "34HKMPTV"


def enquiries(time: FakeTime | None = None) -> StatusLookup:
    known = {REFERENCE: referral(reference=REFERENCE, state=ReferralState.SENT)}
    return StatusLookup(known.get, GuessLimiter((time or FakeTime()).monotonic))


@every_row(
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
        "34HKMPTV%20",
        "34hk mptv&amp;x",
        "34HKMPTV＞x",
        '34HKMPTV"><b>',
        "34HKMPTV=3D",
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


def ask_wrongly(asked: StatusLookup, times: int, typed: str = "34HKMPTW") -> list[type[Exception]]:
    return [refusal(asked, typed) for _ in range(times)]


def refusal(asked: StatusLookup, typed: str) -> type[Exception]:
    with pytest.raises((ReferralUnknownError, TooManyGuessesError)) as caught:
        asked.progress(typed)
    return caught.type


@pytest.mark.parametrize("typed", ["34HKMPTW", "nothing"])
def test_a_process_answers_so_many_wrong_guesses_a_minute_and_then_none(typed: str) -> None:
    time = FakeTime()
    asked = enquiries(time)

    assert ask_wrongly(asked, MAX_GUESSES_PER_MINUTE, typed) == [ReferralUnknownError] * MAX_GUESSES_PER_MINUTE
    assert ask_wrongly(asked, 40, typed) == [TooManyGuessesError] * 40
    time.seconds += 59
    assert ask_wrongly(asked, 1, typed) == [TooManyGuessesError]
    time.seconds += 1
    assert ask_wrongly(asked, MAX_GUESSES_PER_MINUTE + 1, typed).count(ReferralUnknownError) == MAX_GUESSES_PER_MINUTE


def test_right_references_are_answered_however_many_wrong_ones_come_from_whomever() -> None:
    asked = enquiries()

    for _ in range(5):
        ask_wrongly(asked, 50)
        assert asked.progress(REFERENCE) == (REFERENCE, Progress.SENT)


def test_storage_is_asked_for_nothing_that_cannot_be_a_reference() -> None:
    looked_up: list[str] = []

    def status(reference: str) -> None:
        looked_up.append(reference)

    asked = StatusLookup(status, GuessLimiter(FakeTime().monotonic))
    for typed in ("", "34HKMPT", "34HKMPTE", "nothing", "x" * 9999):
        ask_wrongly(asked, 50, typed)

    assert looked_up == []


def test_the_log_says_once_an_hour_that_references_are_being_guessed_and_none_of_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    time = FakeTime()
    asked = enquiries(time)
    ask_wrongly(asked, MAX_GUESSES_PER_MINUTE)
    assert caplog.messages == []
    for _ in range(60):
        ask_wrongly(asked, 2 * MAX_GUESSES_PER_MINUTE)
        time.seconds += 60

    assert caplog.messages == ["over 60 unknown references were asked for in a minute"]
    ask_wrongly(asked, 2 * MAX_GUESSES_PER_MINUTE)
    assert caplog.messages == ["over 60 unknown references were asked for in a minute"] * 2


def test_right_references_are_answered_however_many_are_asked_for() -> None:
    asked = enquiries()

    assert {asked.progress(REFERENCE) for _ in range(5 * MAX_GUESSES_PER_MINUTE)} == {(REFERENCE, Progress.SENT)}
