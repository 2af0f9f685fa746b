"""The size of what is stored tells nothing about what was written: neither how much, nor in which script."""

from typing import Any

import pytest

from shared.referrals.intake import service
from shared.referrals.withdrawal.own_words import WordHashes
from tests.builders import MORNING, content, referral_request
from tests.every_row import every_row
from tests.fakes import FakeTable
from tests.unit.shared.referrals.referral_system import MAC, ReferralHarness

SIZE = content().one_to_one.record_size + 16
STORY = {
    "English": "It has been a difficult year. ",
    "Arabic": "أشعر بالتعب والوحدة في العمل. ",
    "Amharic": "በሥራ ቦታ ድካም እና ብቸኝነት ይሰማኛል። ",
    "Bengali": "আমি কাজে ক্লান্ত এবং একা বোধ করি। ",
    "emoji": "😔",
    "signs that JSON escapes": '"\\\t\n',
}
FACTS: list[dict[str, Any]] = [
    {},
    {"full_name": "Li", "what_brings_you": ""},
    {
        "full_name": "Ọ́káfọ̀ Adébáyọ̀-Okonkwo",
        "contact_by": ["email", "phone"],
        "phone": "07700 900 982",
        "message_ok": "no",
    },
    *({"what_brings_you": (story * 4000)[:length] + "."} for story in STORY.values() for length in (1, 1_999, 3_999)),
]


def shape(table: FakeTable) -> dict[str, tuple[type, int]]:
    """Type and length of each cell of the one row."""
    [row] = table.rows.values()
    texts = {name: value if isinstance(value, bytes) else str(value) for name, value in row.cells.items()}
    return {name: (type(row.cells[name]), len(text)) for name, text in texts.items()}


def stored(answers: dict[str, Any]) -> tuple[dict[str, tuple[type, int]], dict[str, tuple[type, int]]]:
    harness = ReferralHarness()
    harness.hashed = WordHashes.of(MAC).hashed
    harness.service().accept(referral_request(**answers), MORNING)
    return shape(harness.sealed), shape(harness.status)


@every_row("answers", FACTS)
def test_every_row_has_the_same_size_whatever_was_written_in_whatever_script(answers: dict[str, Any]) -> None:
    assert stored(answers) == stored({})
    assert stored(answers)[0]["Sealed"] == (bytes, SIZE)


def test_the_size_is_that_of_the_content_file_and_fits_a_cell() -> None:
    assert SIZE <= 64 * 1024
    assert len(service._padded(b"{}", SIZE - 16)) + 16 == SIZE


def test_a_record_that_would_stand_out_is_not_stored() -> None:
    """No form lets one through: that is proved beside the size."""
    with pytest.raises(ValueError, match="longer than its form allows"):
        service._padded(b"x" * 11, 10)
