"""Wrong passphrases: one count over all links, however many processes count, and never fewer than were compared."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.referrals.collection.tries_in_progress import MOST_AT_ONCE, MOST_PAGES
from shared.referrals.collection.wrong_tries import LONGEST_DELAY, WrongTries, delay_after
from shared.referrals.errors import PassphraseTooSoonError
from shared.tables.table import StorageError, Table
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, Stall, Stalling, with_fault

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROW = {"PartitionKey": "tries", "RowKey": "all"}


def attempt(tries: WrongTries, now: datetime, waited: timedelta, page: str = "") -> int:
    """One that turns out wrong; the number of wrong ones with it."""
    with tries.attempt(now, waited, page) as wrong:
        return wrong


def count(tries: WrongTries, times: int) -> list[int]:
    """That many wrong ones, each on a page that was open for long."""
    return [attempt(tries, MORNING, LONGEST_DELAY) for _ in range(times)]


def counted(table: FakeTable) -> int:
    written = [each for row in table.rows.values() for each in row.text("Minutes").split()]
    return sum(int(each.partition(":")[2]) for each in written)


@pytest.mark.parametrize(
    ("wrong", "seconds"), [(0, 0), (5, 0), (6, 1), (7, 2), (8, 4), (9, 8), (10, 15), (11, 15), (10**6, 15)]
)
def test_the_delay_grows_from_the_sixth_to_a_quarter_of_a_minute(wrong: int, seconds: int) -> None:
    assert delay_after(wrong) == timedelta(seconds=seconds)


@every_row("wrong", range(14))
def test_a_page_that_was_open_for_the_delay_gets_a_try_and_another_one_is_not_counted(wrong: int) -> None:
    table = FakeTable()
    tries, needed = WrongTries(table), delay_after(wrong)
    count(tries, wrong)
    for waited in {timedelta(0), timedelta(seconds=-5), needed - timedelta(milliseconds=1)}:
        if needed:
            with pytest.raises(PassphraseTooSoonError) as caught:
                attempt(tries, MORNING, waited)
            assert caught.value.wait == needed - max(waited, timedelta(0))
            assert counted(table) == wrong

    assert attempt(tries, MORNING, needed) == wrong + 1


def test_an_hour_later_it_is_as_if_nothing_had_been() -> None:
    table = FakeTable()
    tries = WrongTries(table)
    count(tries, 12)

    with pytest.raises(PassphraseTooSoonError):
        attempt(tries, MORNING + HOUR - MINUTE, timedelta(0))
    assert attempt(tries, MORNING + HOUR, timedelta(0)) == 1
    assert counted(table) == 1


def test_each_leaves_the_hour_by_itself() -> None:
    tries = WrongTries(FakeTable())
    made = [attempt(tries, MORNING + minute * MINUTE, LONGEST_DELAY) for minute in range(0, 120, 10)]

    assert made == [1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6]


def test_after_the_clock_went_back_wrong_ones_still_count_and_no_one_waits_for_ever() -> None:
    tries = WrongTries(FakeTable())
    count(tries, 9)

    assert attempt(tries, MORNING - 10 * MINUTE, LONGEST_DELAY) == 10
    assert attempt(tries, MORNING - 90 * MINUTE, timedelta(0)) == 1


def test_a_right_one_is_taken_back_and_those_of_others_stay() -> None:
    table = FakeTable()
    tries = WrongTries(table)
    attempt(tries, MORNING, LONGEST_DELAY)
    tries.take_back(MORNING)
    assert table.rows == {}, "not even the moment"

    count(tries, 7)
    attempt(tries, MORNING + MINUTE, LONGEST_DELAY)
    tries.take_back(MORNING + MINUTE)

    assert counted(table) == 7


def test_two_processes_count_together() -> None:
    table = FakeTable()
    first, second = WrongTries(table), WrongTries(table)

    assert [attempt(each, MORNING, LONGEST_DELAY) for each in (first, second, first)] == [1, 2, 3]


def test_fifty_at_once_are_fifty() -> None:
    table, start = FakeTable(), threading.Barrier(50)
    processes = [WrongTries(table), WrongTries(table)]

    def attempt(number: int) -> bool:
        start.wait()
        return gets_a_try(processes[number % 2])

    with ThreadPoolExecutor(50) as pool:
        given = sum(pool.map(attempt, range(50)))
    assert given == counted(table) == 50


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_storage_gives_a_try_that_is_not_counted(fault: Fault) -> None:
    for at in range(100):
        table, trouble = FakeTable(), InjectedFault(at, fault)
        broken = WrongTries(with_fault(trouble)(table))
        given = sum(gets_a_try(broken) for _ in range(8))
        if not trouble.triggered:
            assert at >= 8
            return
        assert given <= counted(table)
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_storage_takes_back_one_of_someone_else(fault: Fault) -> None:
    for at in range(100):
        table, trouble = FakeTable(), InjectedFault(at, fault)
        count(WrongTries(table), 6)
        broken = WrongTries(with_fault(trouble)(table))
        for _ in range(3):
            takes_one_back(broken)
        if not trouble.triggered:
            assert (at >= 12, counted(table)) == (True, 6)
            return
        assert 6 <= counted(table) <= 8
    pytest.fail("the calls never ended")


def gets_a_try(tries: WrongTries) -> bool:
    try:
        attempt(tries, MORNING, LONGEST_DELAY)
    except (StorageError, Crash):
        return False
    return True


def takes_one_back(tries: WrongTries) -> bool:
    try:
        with tries.attempt(MORNING, LONGEST_DELAY):
            tries.take_back(MORNING)
    except (StorageError, Crash):
        return False
    return True


ACTS = st.lists(st.sampled_from(["wrong", "right"]), max_size=4)


@pytest.mark.parametrize("examples", [60, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_however_two_processes_interleave_no_fewer_are_counted_than_were_compared_and_wrong(examples: int) -> None:
    processes = st.tuples(ACTS, ACTS), st.integers(0, 15), st.booleans()
    faulty = given(*processes, st.sampled_from([*FAULTS, None]), st.integers(0, 15))(interleave)
    settings(max_examples=examples)(faulty)()


def interleave(
    acts: tuple[list[str], list[str]], stall_at: int, after: bool, fault: Fault | None, fault_at: int
) -> None:
    table, wrong = FakeTable(), [0]

    def run(tries: WrongTries, acts: list[str]) -> None:
        for act in acts:
            if act == "right":
                takes_one_back(tries)
            elif gets_a_try(tries):
                wrong[0] += 1

    other = WrongTries(table)
    stall = Stall(stall_at, lambda: run(other, acts[1]), after=after)
    trouble = with_fault(InjectedFault(fault_at, fault)) if fault else lambda real: real
    run(WrongTries(trouble(cast("Table", Stalling(table, stall)))), acts[0])

    assert wrong[0] <= counted(table)


def test_counter_that_always_conflicts_gives_no_try() -> None:
    class Faster(FakeTable):
        def get(self, partition: str, key: str) -> Any:
            found = super().get(partition, key)
            self.put(ROW | {"Minutes": ""})
            return found

    with pytest.raises(StorageError):
        attempt(WrongTries(Faster()), MORNING, timedelta(0))


@pytest.mark.parametrize("minutes", [None, "many", "1:2:3", ":", 7, "28226880:x", "99999999999:5", "٣:٣"])
def test_a_row_that_cannot_be_read_locks_no_one_out(minutes: Any) -> None:
    table = FakeTable()
    table.insert(ROW | {"Minutes": minutes})

    assert count(WrongTries(table), 6) == [1, 2, 3, 4, 5, 6]


def test_rows_of_each_link_as_they_were_before_mean_nothing_and_go_with_the_answers() -> None:
    table = FakeTable()
    table.insert({"PartitionKey": "tries", "RowKey": "34679CDF", "Tries": 5, "LockedUntil": "2099-09-01T09:00:00Z"})
    tries = WrongTries(table)

    assert attempt(tries, MORNING, timedelta(0)) == 1
    tries.forget("34679CDF")
    assert set(table.rows) == {("tries", "all")}


def test_the_row_says_how_many_and_no_reference() -> None:
    table = FakeTable()
    count(WrongTries(table), 5)
    attempt(WrongTries(table), MORNING + MINUTE, LONGEST_DELAY)

    [row] = table.rows.values()
    minute = int(MORNING.timestamp()) // 60
    assert row.cells == ROW | {"Minutes": f"{minute}:5 {minute + 1}:1"}


@pytest.fixture
def alarms(caplog: pytest.LogCaptureFixture) -> Any:
    return lambda: [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


def test_the_alarm_is_one_line_an_hour_over_all_processes(alarms: Any) -> None:
    table = FakeTable()
    first, second = WrongTries(table), WrongTries(table)
    count(first, 6)

    for wrong in range(1, 40):
        for each in (first, second):
            each.tell(wrong, MORNING + MINUTE)
    assert alarms() == ["6 wrong passphrases within an hour, over all links"]
    first.tell(200, MORNING + MINUTE + HOUR)
    second.tell(201, MORNING + MINUTE + HOUR)
    assert alarms()[1:] == ["200 wrong passphrases within an hour, over all links"]


def test_a_right_one_does_not_have_the_alarm_raised_again_and_an_hour_later_leaves_nothing(alarms: Any) -> None:
    table = FakeTable()
    tries = WrongTries(table)
    for moment in (MORNING, MORNING + timedelta(minutes=58)):
        tries.tell(count(tries, 6)[-1], MORNING)
        attempt(tries, moment, LONGEST_DELAY)
        tries.take_back(moment)
    assert len(alarms()) == 1

    attempt(tries, MORNING + 3 * HOUR, timedelta(0))
    tries.take_back(MORNING + 3 * HOUR)
    assert table.rows == {}


@pytest.mark.parametrize("fault", [each for each in FAULTS if not each.startswith("crash")])
@pytest.mark.parametrize("at", [0, 1])
def test_no_fault_of_storage_silences_the_alarm(fault: Fault, at: int, alarms: Any) -> None:
    table = FakeTable()
    count(WrongTries(table), 6)
    broken = WrongTries(with_fault(InjectedFault(at, fault))(table))
    broken.tell(6, MORNING)

    assert alarms() == ["6 wrong passphrases within an hour, over all links"]


def test_those_that_are_being_compared_are_no_wrong_ones_yet_and_are_counted_all_the_same() -> None:
    table = FakeTable()
    tries = WrongTries(table)

    with ExitStack() as progress:
        numbers = [progress.enter_context(tries.attempt(MORNING, timedelta(0))) for _ in range(16)]
        assert set(numbers) == {1}
        assert counted(table) == 16
        for _ in range(15):
            tries.take_back(MORNING)

    assert counted(table) == tries.known(MORNING, 0) == 1
    assert attempt(tries, MORNING, timedelta(0)) == 2


def test_once_they_turned_out_wrong_the_next_has_to_wait_whoever_of_them_was_first() -> None:
    tries = WrongTries(FakeTable())
    with ExitStack() as progress:
        for _ in range(16):
            progress.enter_context(tries.attempt(MORNING, timedelta(0)))

    assert tries.known(MORNING, 1) == 16
    with pytest.raises(PassphraseTooSoonError):
        attempt(tries, MORNING, LONGEST_DELAY - timedelta(seconds=1))


def test_while_a_delay_is_due_a_page_has_one_try_and_a_refused_one_is_not_counted() -> None:
    table = FakeTable()
    tries = WrongTries(table)
    count(tries, 8)
    assert attempt(tries, MORNING, LONGEST_DELAY, "first page") == 9

    for _ in range(50):
        with pytest.raises(PassphraseTooSoonError) as caught:
            attempt(tries, MORNING, HOUR, "first page")
        assert (caught.value.wait, caught.value.is_page_used) == (timedelta(seconds=8), True)
    assert counted(table) == 9
    assert attempt(tries, MORNING, LONGEST_DELAY, "second page") == 10


def test_while_none_is_due_a_page_may_be_used_again() -> None:
    tries = WrongTries(FakeTable())

    assert [attempt(tries, MORNING, timedelta(0), "page") for _ in range(6)] == [1, 2, 3, 4, 5, 6]


def test_while_a_delay_is_due_few_are_compared_at_once_and_the_others_are_told_at_once_and_not_counted() -> None:
    table = FakeTable()
    tries = WrongTries(table)
    count(tries, 30)
    with ExitStack() as progress:
        for each in range(MOST_AT_ONCE):
            progress.enter_context(tries.attempt(MORNING, LONGEST_DELAY, f"page {each}"))
        for _ in range(50):
            with pytest.raises(PassphraseTooSoonError) as caught:
                attempt(tries, MORNING, LONGEST_DELAY, "one more")
            assert (caught.value.wait, caught.value.is_page_used) == (timedelta(seconds=1), False)
        assert counted(table) == 30 + MOST_AT_ONCE

    assert attempt(tries, MORNING, LONGEST_DELAY, "one more") == 31 + MOST_AT_ONCE


def test_what_is_remembered_of_pages_has_an_end() -> None:
    tries = WrongTries(FakeTable())
    count(tries, 10)
    for each in range(MOST_PAGES + 1):
        tries._progress.begin(f"page {each}")()  # ten thousand tries would take long

    assert attempt(tries, MORNING, LONGEST_DELAY, "page 0") == 11
    with pytest.raises(PassphraseTooSoonError):
        attempt(tries, MORNING, LONGEST_DELAY, f"page {MOST_PAGES}")


def test_where_storage_fails_after_a_wrong_one_what_is_known_of_it_stands() -> None:
    assert WrongTries(with_fault(InjectedFault(0, "lost-request"))(FakeTable())).known(MORNING, 7) == 7
