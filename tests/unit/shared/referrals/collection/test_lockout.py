"""Five tries at a link's passphrase, however many processes count them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.referrals.collection.lockout import LOCKED_FOR, TRIES, Lockout
from shared.referrals.errors import LinkLockedError
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault

REFERENCE, OTHER = "34679CDF", "34679CDG"


def tries(lockout: Lockout, count: int) -> list[int]:
    return [lockout.count_attempt(REFERENCE, MORNING) for _ in range(count)]


def test_after_five_wrong_tries_there_is_no_sixth_for_an_hour() -> None:
    lockout = Lockout(FakeTable())

    assert tries(lockout, 5) == [4, 3, 2, 1, 0]
    for wait in (timedelta(0), LOCKED_FOR - timedelta(seconds=1)):
        with pytest.raises(LinkLockedError):
            lockout.count_attempt(REFERENCE, MORNING + wait)
    assert lockout.count_attempt(REFERENCE, MORNING + LOCKED_FOR) == 4


def test_another_link_is_not_locked() -> None:
    lockout = Lockout(FakeTable())
    tries(lockout, 5)

    assert lockout.count_attempt(OTHER, MORNING) == 4


def test_a_right_passphrase_clears_the_count() -> None:
    table = FakeTable()
    lockout = Lockout(table)
    tries(lockout, 4)
    lockout.reset(REFERENCE)

    assert table.rows == {}
    assert tries(lockout, 5) == [4, 3, 2, 1, 0]


def test_two_processes_count_together() -> None:
    table = FakeTable()
    first, second = Lockout(table), Lockout(table)

    assert [each.count_attempt(REFERENCE, MORNING) for each in (first, second, first, second, first)] == [4, 3, 2, 1, 0]
    for each in (first, second):
        with pytest.raises(LinkLockedError):
            each.count_attempt(REFERENCE, MORNING)


def test_fifty_at_once_get_five_tries_between_them() -> None:
    table, start = FakeTable(), threading.Barrier(50)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            Lockout(table).count_attempt(REFERENCE, MORNING)
        except LinkLockedError:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(50))) == TRIES


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_storage_gives_a_sixth_try(fault: Fault) -> None:
    for at in range(100):
        table, trouble = FakeTable(), InjectedFault(at, fault)
        broken = Lockout(with_fault(trouble)(table))
        given = sum(gets_a_try(broken) for _ in range(10))
        if not trouble.triggered:
            assert at >= 10
            return
        assert given <= TRIES
    pytest.fail("the calls never ended")


def gets_a_try(lockout: Lockout) -> bool:
    try:
        lockout.count_attempt(REFERENCE, MORNING)
    except (LinkLockedError, StorageError, Crash):
        return False
    return True


def test_counter_that_always_conflicts_gives_no_try() -> None:
    class Faster(FakeTable):
        def get(self, partition: str, key: str) -> Any:
            found = super().get(partition, key)
            self.put({"PartitionKey": partition, "RowKey": key, "Tries": 1, "LockedUntil": ""})
            return found

    with pytest.raises(StorageError):
        Lockout(Faster()).count_attempt(REFERENCE, MORNING)


@pytest.mark.parametrize("cells", [{}, {"Tries": "many"}, {"Tries": -1}, {"Tries": 5, "LockedUntil": "soon"}])
def test_corrupt_lockout_row_locks_until_it_is_deleted(cells: dict[str, Any]) -> None:
    table = FakeTable()
    table.insert({"PartitionKey": "tries", "RowKey": REFERENCE} | cells)
    lockout = Lockout(table)

    with pytest.raises(LinkLockedError):
        lockout.count_attempt(REFERENCE, MORNING + timedelta(days=400))
    table.delete("tries", REFERENCE)
    assert lockout.count_attempt(REFERENCE, MORNING) == 4


def test_a_row_says_the_reference_and_nothing_about_anyone() -> None:
    table = FakeTable()
    tries(Lockout(table), 5)

    [row] = table.rows.values()
    assert row.cells == {
        "PartitionKey": "tries",
        "RowKey": REFERENCE,
        "Tries": 5,
        "LockedUntil": "2023-09-01T09:00:00Z",
    }
