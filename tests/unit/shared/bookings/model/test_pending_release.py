"""The place to be given up after a move, as a cell holds it."""

import pytest

from shared.bookings.model.pending_release import PendingRelease


def test_the_text_is_the_one_that_stored_rows_have() -> None:
    release = PendingRelease(2, "booking-a", "s1")

    assert str(release) == "2\nbooking-a\ns1"
    assert PendingRelease.parse(str(release)) == release


@pytest.mark.parametrize(
    "text", ["", "2", "2\nbooking-a", "2\nbooking-a\n", "x\nbooking-a\ns1", "-1\na\ns1", "9" * 5000 + "\na\ns1"]
)
def test_what_spells_no_release_is_none(text: str) -> None:
    assert PendingRelease.parse(text) is None
