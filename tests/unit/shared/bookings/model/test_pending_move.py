"""The move that is under way, as a cell holds it."""

import pytest

from shared.bookings.model.pending_move import PendingMove
from shared.tables.table import Row


def test_the_text_is_the_one_that_stored_rows_have() -> None:
    assert str(PendingMove("s2")) == 'to "s2"'
    assert str(PendingMove("s2", taken_back=True)) == 'not to "s2"'


@pytest.mark.parametrize("session_id", ["s2", " s2 ", '"', 'to "s3"', "Übung"])
@pytest.mark.parametrize("taken_back", [False, True])
def test_whatever_the_session_is_called_a_cell_gives_back_the_move(session_id: str, *, taken_back: bool) -> None:
    move = PendingMove(session_id, taken_back=taken_back)

    assert PendingMove.parse(Row({"Moving": str(move)}, "").text("Moving")) == move


@pytest.mark.parametrize("text", ["", "s2", "to s2", 'to ""', 'to "s2', 'back "s2"', "True"])
def test_what_spells_no_move_is_none(text: str) -> None:
    assert PendingMove.parse(text) is None
