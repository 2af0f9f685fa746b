"""What the provider says to the person: one of four things, sealed, of one size, and gone with the status."""

import pytest

from shared import base64url
from shared.referrals.model import WORD_BACK_BYTES
from shared.referrals.withdrawal.word_back import WEEKS, Said, WordBack, WordsBack
from shared.signing import Signer
from tests.builders import KEY, MORNING
from tests.unit.shared.referrals.referral_system import ReferralHarness

EVERY = [*(WordBack(each) for each in Said if each is not Said.WAITING), *(WordBack(Said.WAITING, n) for n in WEEKS)]


class Provider(ReferralHarness):
    """The provider, who has confirmed the one referral."""

    def __init__(self, key: bytes = KEY) -> None:
        super().__init__()
        self.reference = self.forwarded()
        self.acknowledging().acknowledge(self.reference, MORNING)
        self.words = WordsBack(self.repository(), Signer((key,)))

    @property
    def cell(self) -> str:
        return self.rows[0].text("WordBack")


def test_each_is_read_back_the_last_stands_and_the_cell_has_one_size_from_the_start() -> None:
    provider = Provider()
    sizes = {len(base64url.decode(provider.cell))}
    assert provider.words.of(provider.referral()) is None

    for word in EVERY:
        assert provider.words.say(provider.reference, word)
        assert provider.words.of(provider.referral()) == word
        sizes.add(len(base64url.decode(provider.cell)))

    assert sizes == {WORD_BACK_BYTES}
    assert not any(each in str(provider.rows) for each in Said)


def test_it_is_read_with_the_key_and_under_the_reference_alone() -> None:
    provider, other = Provider(), Provider()
    other.type(WordBack="x")
    provider.words.say(provider.reference, EVERY[0])
    stranger = WordsBack(provider.repository(), Signer((b"s" * 32,)))
    rotated = WordsBack(provider.repository(), Signer((b"n" * 32, KEY)))

    assert (stranger.of(provider.referral()), rotated.of(provider.referral())) == (None, EVERY[0])
    other.type(WordBack=provider.cell)
    assert (other.words.of(other.referral()) is None) is (other.reference != provider.reference)
    provider.type(WordBack="not ours")
    assert provider.words.of(provider.referral()) is None


@pytest.mark.parametrize(
    ("said", "weeks"),
    [("", ""), ("waiting", ""), ("waiting", "3"), ("waiting", "0"), ("a free text", "8"), ("CONTACTED", "")],
)
def test_nothing_else_can_be_said(said: str, weeks: str) -> None:
    assert WordBack.read(said, weeks) is None


@pytest.mark.parametrize(
    "cells",
    [{"State": "delivered"}, {"LastError": "not-genuine"}, {"WithdrawnOn": "2023-09-01"}, {"AcknowledgedOn": ""}],
)
def test_nothing_is_said_of_one_that_is_not_confirmed_or_was_withdrawn(cells: dict[str, str]) -> None:
    provider = Provider()
    provider.words.say(provider.reference, EVERY[0])
    provider.type(**cells)

    assert not provider.words.say(provider.reference, EVERY[1])
    assert provider.words.of(provider.referral()) is None


def test_it_stays_after_the_answers_and_goes_with_the_status() -> None:
    provider = Provider()
    provider.report("delivered")
    provider.words.say(provider.reference, EVERY[0])

    now = provider.pass_days(MORNING, 20)
    assert provider.referral().state == "erased"
    assert provider.words.of(provider.referral()) == EVERY[0]
    provider.pass_days(now, 80)

    assert provider.rows == []
