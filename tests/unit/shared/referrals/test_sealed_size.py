"""The size of what is stored tells nothing about what was written."""

from typing import Any

import pytest

from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import ReferralHarness


def size(**answers: Any) -> int:
    """Bytes of sealed answers in a row."""
    harness = ReferralHarness()
    harness.service().accept(referral_request(**answers), MORNING)
    [row] = harness.sealed.rows.values()
    return len(row.cells["Sealed"])


@pytest.mark.parametrize(
    "answers", [{"full_name": "Li"}, {"full_name": "Ọ́káfọ̀ Adébáyọ̀-Okonkwo"}, {"what_brings_you": "x" * 3000}]
)
def test_a_short_referral_is_as_large_as_a_long_one(answers: dict[str, Any]) -> None:
    assert size(**answers) == size() == 4096 + 16


def test_a_very_long_one_is_the_next_size() -> None:
    assert size(what_brings_you="أشعر " * 700) == 2 * 4096 + 16
