"""The table `Numbers`: a row for each month that is over and each quarter, from rows that are deleted later."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.tables.repository import GUARD
from shared.config.choices import Attendance
from shared.numbers.suppression import FEWER, NOT_KNOWN, NOT_SHOWN
from shared.tables.table import Row, StorageError
from tests.builders import london
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.retention.test_retention import clean
from tests.unit.shared.numbers.board_numbers import Board

COUNTS = ("Sessions", "Places", "Booked", "Attended", "Cancelled", "Waited")
OCTOBER = london("2023-10-02 00:05")
LAST_DAY, FINAL = london("2023-12-29 00:05"), london("2023-12-30 00:05")  # 90 days after the end of September


def people(number: int, first: int = 0) -> list[str]:
    return [f"person{each}" for each in range(first, first + number)]


def harness_of_september(*names: str, attendance: Attendance = Attendance.COUNT, **cells: Any) -> BookingHarness:
    harness = BookingHarness(**{"Capacity": 20} | cells)
    harness.attendance = attendance
    for name in names or people(12):
        harness.book(name, join_waiting_list=True)
    harness.tick()
    return harness


def board_in_october(*names: str, **cells: Any) -> Board:
    harness = harness_of_september(*names, **cells)
    harness.at(OCTOBER)
    harness.tick()
    board = Board(harness)
    board.run()
    return board


def the_next_day(board: Board) -> None:
    board.harness.pass_time(days=1)
    board.harness.tick()
    board.run()


def counts(row: Row | None) -> Sequence[Any]:
    assert row is not None
    return [row.cells.get(name) for name in COUNTS]


def test_a_month_that_is_over_has_a_row_without_anything_of_a_person() -> None:
    board = board_in_october()
    row = board.month()

    assert counts(row) == [FEWER, 20, 12, NOT_KNOWN, FEWER, FEWER]
    assert row is not None
    assert row.cells.keys() == {"PartitionKey", "RowKey", "Month", "Final", *COUNTS}
    assert (row.text("Month"), row.text("Final")) == ("September 2023", "no")


def test_a_month_has_no_row_while_a_session_of_it_may_run() -> None:
    harness = harness_of_september()
    harness.at(london("2023-10-01 23:55"))
    harness.tick()
    board = Board(harness)
    board.run()

    assert board.month() is None
    assert list(board.tallies()) == ["s1"], "what was counted is kept"


def test_a_number_that_is_typed_later_and_one_that_is_corrected_change_the_row_until_the_month_is_final() -> None:
    board = board_in_october()
    board.harness.edit_session(Attended=7)
    the_next_day(board)
    assert counts(board.month()) == [FEWER, 20, 12, 7, FEWER, FEWER]
    board.harness.edit_session(Attended="6")
    board.harness.at(LAST_DAY)
    the_next_day(board)  # the first run of the day on which it is final
    assert counts(board.month()) == [FEWER, 20, 12, 6, FEWER, FEWER]
    row = board.month()
    assert row is not None
    assert row.text("Final") == "yes"
    board.harness.edit_session(Attended=5)
    the_next_day(board)
    assert board.month() == row
    assert board.tallies() == {}, "nothing is kept of the sessions"


def test_it_is_not_known_how_many_came_until_each_session_has_its_number() -> None:
    harness = harness_of_september()
    harness.add_session(RowKey="s2", Date="2023-09-15", Capacity=20)
    harness.at(OCTOBER)
    board = Board(harness)
    harness.edit_session(Attended=7)
    board.run()
    assert counts(board.month())[3] == NOT_KNOWN
    harness.edit_session("s2", Attended=0)
    the_next_day(board)
    assert counts(board.month()) == [FEWER, 40, 12, 7, FEWER, FEWER]


def test_each_person_counts_once_as_booked_cancelled_or_waiting() -> None:
    harness = harness_of_september(*people(18), Capacity=6)
    for name in people(5):
        harness.cancel(name)
    harness.tick()
    harness.at(OCTOBER)
    board = Board(harness)
    board.run()

    assert counts(board.month()) == [FEWER, 6, 6, NOT_KNOWN, 5, 7]


def test_a_session_of_the_last_evening_counts_with_the_others_from_the_first_row_on() -> None:
    harness = harness_of_september()
    harness.add_session(RowKey="late", Date="2023-09-30", Time="23:30", Capacity=20)
    for name in people(9, first=20):
        harness.book(name, "late")
    board = Board(harness)
    for day in (1, 2, 3):
        harness.at(london(f"2023-10-0{day} 00:05"))
        harness.tick()
        board.run()
        row = board.month()
        assert row is None if day == 1 else counts(row) == [FEWER, 40, 21, NOT_KNOWN, FEWER, FEWER]


def test_who_moved_counts_in_the_other_session_alone_and_cancelled_sessions_not_at_all() -> None:
    harness = harness_of_september(*people(10))
    harness.add_session(RowKey="s2", Date="2023-10-20", Capacity=20)
    harness.add_session(RowKey="off", Date="2023-09-20", Capacity=9, State="cancelled")
    harness.add_session(RowKey="draft", Date="2023-09-20", Capacity=9, State="draft")
    for name in people(2):
        harness.move(name, "s2")
    harness.tick()
    harness.at(london("2023-11-02 00:05"))
    board = Board(harness)
    board.run()

    assert counts(board.month()) == [FEWER, 20, 8, NOT_KNOWN, FEWER, FEWER]
    assert counts(board.month("2023-10")) == [FEWER, 20, FEWER, NOT_KNOWN, FEWER, FEWER]


def test_bookings_that_are_deleted_in_between_are_still_counted() -> None:
    """Those of 8 September are deleted on 8 December, three weeks before the month is final."""
    board = board_in_october()
    board.harness.edit_session(Attended=7)
    board.harness.at(london("2023-12-10 00:05"))
    board.run()
    assert clean(board.harness) is not None
    assert [key for _, key in board.harness.bookings.rows if key != GUARD] == []
    board.harness.edit_session(Attended=6)
    the_next_day(board)

    assert counts(board.month()) == [FEWER, 20, 12, 6, FEWER, FEWER]


def test_a_month_of_which_bookings_were_deleted_before_anyone_counted_has_no_row() -> None:
    harness = harness_of_september()
    harness.at(london("2023-12-10 00:05"))
    clean(harness)
    board = Board(harness)
    board.run()

    assert board.month() is None


@pytest.mark.parametrize("kept", [1, 10, 365])
def test_the_numbers_are_the_same_however_long_bookings_are_kept(kept: int) -> None:
    harness = harness_of_september()
    harness.add_session(RowKey="s2", Date="2023-09-29", Capacity=20)
    for name in people(8, first=20):
        harness.book(name, "s2")
    board = Board(harness, timedelta(days=kept))
    harness.at(london("2023-09-09 00:05"))
    for _ in range(kept + 30):
        board.run()
        _delete_old(board, timedelta(days=kept))
        the_next_day(board)

    assert counts(board.month()) == [FEWER, 40, 20, NOT_KNOWN, FEWER, FEWER]


def _delete_old(board: Board, kept: timedelta) -> None:
    """Deletes what the retention of that day deletes."""
    for session_id, ends in (("s1", london("2023-09-08 16:15")), ("s2", london("2023-09-29 16:15"))):
        if board.harness.now - ends >= kept:
            for row in board.harness.bookings.query(PartitionKey=session_id):
                board.harness.bookings.delete(row.partition, row.key)


def test_names_are_counted_from_the_bookings_and_a_month_without_marks_is_not_known() -> None:
    harness = harness_of_september(attendance=Attendance.NAMES)
    harness.at(OCTOBER)
    board = Board(harness)
    board.run()
    assert counts(board.month())[3] == NOT_KNOWN
    for name in people(6):
        harness.edit(name, Attended="Yes ")
    harness.edit(people(7)[-1], Attended="no")
    the_next_day(board)

    assert counts(board.month())[3] == 6


def test_a_mark_that_is_neither_yes_nor_no_is_named_in_the_booking_and_counts_as_no_one() -> None:
    harness = harness_of_september(attendance=Attendance.NAMES)
    harness.at(OCTOBER)
    board = Board(harness)
    for name in people(7):
        harness.edit(name, Attended="yes")
    odd = people(1)[0]
    harness.edit(odd, Attended="maybe", Problem="Something else.")
    board.run()
    assert harness.row(odd).text("Problem") == (
        'Something else. Attended is "maybe". Write yes or no, or leave it empty.'
    )
    assert counts(board.month())[3] == 6
    harness.edit(odd, Attended="yes")
    the_next_day(board)

    assert harness.row(odd).text("Problem") == "Something else."
    assert counts(board.month())[3] == 7


def test_where_no_attendance_is_noted_the_table_has_no_column_for_it() -> None:
    row = board_in_october(attendance=Attendance.NONE).month()

    assert row is not None
    assert "Attended" not in row.cells


def test_a_difference_that_would_tell_a_small_count_is_not_shown() -> None:
    board = board_in_october()
    board.harness.edit_session(Attended=10)
    the_next_day(board)

    assert counts(board.month())[2:4] == [12, NOT_SHOWN]


def test_a_second_run_of_a_day_does_nothing_and_one_of_the_next_day_writes_nothing_that_is_there() -> None:
    board = board_in_october()
    before, asked = dict(board.numbers.rows), board.numbers.calls
    board.run()
    assert board.numbers.calls == asked
    the_next_day(board)
    assert dict(board.numbers.rows) == before


def test_a_quarter_has_a_row_once_and_right_after_it() -> None:
    board = board_in_october()
    row = board.quarter()
    assert row is not None
    assert row.cells == {
        "PartitionKey": "quarters",
        "RowKey": "2023-07",
        "Quarter": "July to September 2023",
        "ReferralsPassedOn": FEWER,
    }
    board.passed_on = 23
    the_next_day(board)
    assert (board.quarter(), len(board.asked)) == (row, 1)
    board.harness.at(london("2024-01-05 00:05"))
    board.run()
    assert board.quarter("2023-10") is None, "statuses of its first days may be gone"


def test_a_quarter_with_many_has_their_number() -> None:
    harness = harness_of_september()
    harness.at(OCTOBER)
    board = Board(harness)
    board.passed_on = 23
    board.run()
    row = board.quarter()

    assert row is not None
    assert row.cells["ReferralsPassedOn"] == 23


def test_without_one_to_one_sessions_no_quarter_is_written() -> None:
    board = Board(harness_of_september())
    board.harness.at(OCTOBER)
    board.passed_on = None
    board.run()

    assert (board.quarter(), board.month() is not None) == (None, True)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(8))
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next(fault: Fault, at: int) -> None:
    whole, cut = board_in_october(), Board(harness_of_september())
    cut.harness.at(OCTOBER)
    cut.harness.tick()
    with suppress(StorageError, Crash):
        cut.run(with_fault(InjectedFault(at, fault)))
    cut.run()

    assert [row.cells for row in cut.numbers.rows.values()] == [row.cells for row in whole.numbers.rows.values()]
