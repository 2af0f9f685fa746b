"""Retention: nothing that says who came is kept for longer than it is needed, and nothing that is needed is lost."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from shared.bookings.retention.run import NAME, Retention, RetentionResult
from shared.bookings.tables.repository import GUARD
from shared.local_time import local_day
from shared.tables.once_a_day import Daily
from shared.tables.service_table import ServiceRows, read_service_rows
from shared.tables.table import (
    Row,
    RowConflictError,
    StorageError,
    StorageRefusedError,
    StorageUnavailableError,
    Table,
    Write,
)
from tests.builders import london
from tests.fakes import FAULTS, BrokenTable, Crash, FakeTable, Fault, InjectedFault
from tests.unit.shared.bookings.booking_system import BookingHarness, Wrap

KEPT = timedelta(days=90)
TABLES = ("sessions", "bookings", "log", "index", "service")
OVER = london("2023-09-08 16:15")  # the session of the builders ends
NAMES = ("ann", "ben")


def harness_after(*, days: float = 90, names: tuple[str, ...] = NAMES, **cells: Any) -> BookingHarness:
    """A harness whose one session took place that many days ago."""
    harness = BookingHarness(**cells)
    for name in names:
        harness.book(name)
    harness.tick()
    harness.at(OVER + timedelta(days=days))
    return harness


def clean(
    harness: BookingHarness, wrap: Wrap = lambda table: table, now: datetime | None = None
) -> RetentionResult | None:
    """One run by a clock that has gone on as clocks do for days."""
    let_days_pass(harness, now or harness.now)
    return run(harness, wrap, now)


def run(
    harness: BookingHarness, wrap: Wrap = lambda table: table, now: datetime | None = None
) -> RetentionResult | None:
    tables = {name: wrap(getattr(harness, name)) for name in TABLES}
    retention = Retention(**cast("Any", tables), kept=KEPT)
    return retention.run(read_service_rows(harness.service), now or harness.now)


def let_days_pass(harness: BookingHarness, now: datetime) -> None:
    """Runs of the days before this one, which found nothing to delete; what this day's row says stays."""
    if is_due(read_service_rows(harness.service), now):
        yesterday = local_day(now - timedelta(days=1))
        harness.service.put({"PartitionKey": "service", "RowKey": "retention", "Day": yesterday, "Steady": 9})


def is_due(rows: ServiceRows, now: datetime) -> bool:
    return Daily(FakeTable(), NAME).is_due(rows, now)


def the_next_day(harness: BookingHarness) -> RetentionResult | None:
    harness.pass_time(days=1)
    return clean(harness)


def held(harness: BookingHarness, kind: str = "bookings") -> Row:
    row = harness.service.get("held", kind)
    assert row is not None
    return row


def counts(harness: BookingHarness) -> list[int]:
    return [len(getattr(harness, name).rows) for name in ("bookings", "log", "index")]


def delete_session(harness: BookingHarness) -> None:
    row = harness.session_row()
    harness.sessions.delete(row.partition, row.key)


def test_bookings_are_deleted_ninety_days_after_their_session_with_its_mail_log_and_guard() -> None:
    harness = harness_after()

    swept = clean(harness)

    assert swept == RetentionResult(deleted=7, failed=0, left=False)  # two bookings, the guard, two mails, their index
    assert counts(harness) == [0, 0, 0]


def test_nothing_is_deleted_before_ninety_days() -> None:
    harness = harness_after(days=89.9)

    clean(harness)

    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert len(harness.log.rows) == 2


def test_the_session_keeps_numbers_and_no_joining_link() -> None:
    harness = harness_after()

    clean(harness)

    row = harness.session_row()
    assert (row.text("Confirmed"), row.text("Waiting")) == ("2", "0")
    announced = json.loads(row.text("Announced"))
    assert [told["join_url"] for told in announced["told"]] == [""]
    assert announced["told"][0]["starts"] == "2023-09-08T14:00:00Z"


class Unmerged(FakeTable):
    """Storage that lets no cell be changed."""

    def __init__(self, table: FakeTable) -> None:
        super().__init__()
        self.rows = table.rows

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        raise StorageRefusedError("not allowed")


def test_a_joining_link_that_cannot_be_removed_is_logged_and_goes_with_the_run_of_the_next_day(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = harness_after()

    clean(harness, lambda real: Unmerged(real) if real is harness.sessions else real)

    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert (harness.session_row().key in line, "teams.example" in line) == (True, False)
    the_next_day(harness)
    assert "teams.example" not in harness.session_row().text("Announced")


def test_nothing_that_the_service_remembers_names_a_person_or_a_joining_link_any_more() -> None:
    harness = harness_after()
    assert "teams.example" in str(harness.service.rows)

    clean(harness)
    harness.tick()

    everything = str([getattr(harness, name).rows for name in ("bookings", "log", "index", "service")])
    for word in ("ann@", "ben@", "Ann", "teams.example"):
        assert word not in everything


def test_an_edited_cell_that_holds_links_and_cannot_be_read_is_emptied() -> None:
    harness = harness_after()
    harness.edit_session(Announced='{"told": [{"join_url": "https://teams.example/join/1"}]')

    clean(harness)

    assert harness.session_row().text("Announced") == ""


@pytest.mark.parametrize(
    "cells", [{"Date": ""}, {"Date": "8/9/2023"}, {"Time": "three"}, {"Date": "2024-03-31", "Time": "01:30"}]
)
def test_bookings_of_a_session_whose_date_cannot_be_understood_stay_and_are_pointed_out(cells: dict[str, Any]) -> None:
    harness = harness_after(days=4000)
    harness.edit_session(**cells)

    clean(harness)

    assert set(harness.states()) == set(NAMES)
    assert "until Date and Time of their session can be understood: s1." in held(harness).text("InWords")


def test_other_invalid_cells_do_not_delay_deletion() -> None:
    harness = harness_after()
    harness.edit_session(Capacity="twelve", State="opne")

    clean(harness)

    assert counts(harness) == [0, 0, 0]


def test_a_session_that_was_given_a_later_date_is_not_over_yet() -> None:
    harness = harness_after()
    harness.edit_session(Date="2023-12-24")

    clean(harness)

    assert set(harness.states()) == set(NAMES)


def test_a_session_that_was_given_an_earlier_date_that_nobody_was_told_of_is_not_over_yet() -> None:
    harness = harness_after(days=85)
    harness.edit_session(Date="2023-08-01")

    clean(harness)

    assert set(harness.states()) == set(NAMES)


def test_of_two_rows_with_one_key_the_later_counts() -> None:
    harness = harness_after()
    harness.sessions.insert(dict(harness.session_row().cells) | {"PartitionKey": "other", "Date": "2024-01-01"})

    clean(harness)

    assert set(harness.states()) == set(NAMES)


def test_a_date_that_is_changed_in_the_middle_of_the_run_is_respected() -> None:
    harness = harness_after()

    class Edited(FakeTable):
        """An administrator types between the reading of the schedule and the first deletion."""

        def query(self, select: Any = (), **like: str) -> list[Row]:
            if like:
                harness.edit_session(Date="2024-01-01")
            return harness.sessions.query(select, **like)

    table = Edited()
    clean(harness, lambda real: table if real is harness.sessions else real)

    assert set(harness.states()) == set(NAMES)


def test_a_row_that_someone_changes_in_the_middle_of_the_run_stops_no_other() -> None:
    harness = harness_after(names=("ann", "ben", "cem"))

    class Edited(FakeTable):
        def apply(self, writes: Any) -> list[str]:
            harness.edit("ben", Adjustments="typed just now")
            return harness.bookings.apply(writes)

        def query(self, select: Any = (), **like: str) -> list[Row]:
            return harness.bookings.query(select, **like)

        def delete(self, partition: str, key: str, etag: str | None = None) -> None:
            harness.bookings.delete(partition, key, etag)

    table = Edited()
    swept = clean(harness, lambda real: table if real is harness.bookings else real)

    assert swept is not None
    assert swept.failed == 1
    assert set(harness.states()) == {"ben"}
    assert "1 could not be deleted today" in held(harness).text("InWords")
    the_next_day(harness)
    assert counts(harness) == [0, 0, 0]


class Stubborn(FakeTable):
    """Refuses to delete what has the word in its key, and has no names for those who look into the log."""

    def __init__(self, table: FakeTable, word: str) -> None:
        super().__init__()
        self.rows, self.word = table.rows, word

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        if self.word in key:
            raise RowConflictError("bad row")
        super().delete(partition, key, etag)

    def apply(self, writes: Any) -> list[str]:
        if any(self.word in write.cells["RowKey"] for write in writes):
            raise RowConflictError("bad row")
        return super().apply(writes)


def test_one_bad_row_is_counted_and_logged_by_reference_only(caplog: pytest.LogCaptureFixture) -> None:
    harness = harness_after()
    bad = harness.row("ann")

    swept = clean(harness, lambda real: Stubborn(real, bad.key) if real is harness.bookings else real)

    assert swept is not None
    assert (swept.failed, harness.states()) == (1, {"ann": "confirmed"})
    assert len(harness.log.rows) == 2, "while someone is on the roster it says what they were told"
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert bad.text("Reference") in line
    assert "nn" not in line.replace(bad.text("Reference"), "").replace("cannot", "")


def test_storage_that_is_down_ends_the_run_and_the_next_tick_goes_on() -> None:
    harness = harness_after(names=("ann", "ben", "cem", "dee", "eve"))

    class Down(FakeTable):
        def query(self, select: Any = (), **like: str) -> list[Row]:
            return harness.bookings.query(select, **like)

        def delete(self, *_: Any) -> None:
            self.calls += 1
            raise StorageUnavailableError("HTTP 503")

        def apply(self, writes: Any) -> list[str]:
            del writes
            raise StorageUnavailableError("HTTP 503")

    down = Down()
    with pytest.raises(StorageUnavailableError):
        clean(harness, lambda real: down if real is harness.bookings else real)

    assert down.calls == 3
    assert is_due(read_service_rows(harness.service), harness.now)
    clean(harness)
    assert counts(harness) == [0, 0, 0]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_is_made_good_by_the_runs_after_it(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = harness_after(), InjectedFault(at, fault)
        harness.bookings.insert({"PartitionKey": "lost", "RowKey": "by hand", "Name": "Dee", "State": "confirmed"})
        try:
            clean(harness, lambda real, trouble=trouble: cast("Table", BrokenTable(real, trouble)))  # type: ignore[misc]  # bound now
        except (Crash, StorageError):
            clean(harness)
        the_next_day(harness)

        assert counts(harness) == [1, 0, 0], f"call {at}"
        assert "teams.example" not in harness.session_row().text("Announced")
        assert [row.key for row in harness.service.query(PartitionKey="orphans")] == ["lost"]
        if not trouble.triggered:
            assert at >= 15
            return
    pytest.fail("the calls never ended")


def test_a_run_is_due_once_a_day_and_costs_no_request_when_it_was_done() -> None:
    harness = harness_after()
    assert clean(harness) is not None
    before = [getattr(harness, name).calls for name in TABLES]

    again = Retention(**cast("Any", {name: getattr(harness, name) for name in TABLES}), kept=KEPT)
    assert again.run({row.key: row for row in harness.service.rows.values()}, harness.now) is None

    assert [getattr(harness, name).calls for name in TABLES] == before
    assert the_next_day(harness) is not None


@pytest.mark.parametrize(
    ("done", "now", "due"),
    [
        ("2023-10-28", "2023-10-29 00:05", True),
        ("2023-10-29", "2023-10-29 23:55", False),  # a day of 25 hours
        ("2024-03-30", "2024-03-31 00:00", True),
        ("2024-03-31", "2024-04-01 00:00", True),
        ("2030-01-01", "2024-04-01 00:00", True),  # by a clock that was wrong
        ("", "2024-04-01 00:00", True),
    ],
)
def test_a_day_is_a_day_in_london(done: str, now: str, *, due: bool) -> None:
    rows = {"retention": Row({"PartitionKey": "service", "RowKey": "retention", "Day": done}, "")}

    assert is_due(rows, london(now)) is due


def test_more_than_one_run_may_do_is_gone_on_with_by_the_next() -> None:
    harness = harness_after()
    for number in range(700):
        harness.index.insert({"PartitionKey": f"op-{number}", "RowKey": "mail", "At": "2023-09-01T08:00:00Z"})

    first, second = clean(harness), clean(harness)

    assert first is not None
    assert second is not None
    assert (first.left, second.left) == (True, False)
    assert counts(harness) == [0, 0, 0]
    assert clean(harness) is None


def test_a_roster_of_three_hundred_goes_in_four_requests() -> None:
    harness = harness_after(names=("ann",))
    for start in (0, 100, 200):
        cells = [{"PartitionKey": "s1", "RowKey": f"row-{start + n:03}", "State": "cancelled"} for n in range(100)]
        harness.bookings.apply([Write("create", each) for each in cells])
    before = harness.bookings.calls

    clean(harness)

    assert harness.bookings.rows == {}
    assert harness.bookings.calls - before == 1 + 4


def test_the_guard_stays_while_anyone_is_on_the_roster() -> None:
    harness = harness_after(days=0)
    delete_session(harness)
    clean(harness)
    harness.at(OVER + timedelta(days=91))
    harness.bookings.insert(
        {"PartitionKey": "s1", "RowKey": "later", "Name": "Dee", "BookedAt": "2023-12-01T00:00:00Z", "State": "waiting"}
    )
    clean(harness)

    assert {key for _, key in harness.bookings.rows} == {"later", GUARD}
    harness.at(london("2024-03-01 00:00"))
    clean(harness)
    assert harness.bookings.rows == {}


def test_bookings_without_a_session_go_ninety_days_after_that_was_noticed() -> None:
    harness = harness_after(days=-3)
    delete_session(harness)
    noticed = harness.now
    clean(harness)
    assert "sessions without a row" in held(harness).text("InWords")

    harness.at(noticed + timedelta(days=89, hours=23))
    clean(harness)
    assert set(harness.states()) == set(NAMES)
    assert len(harness.log.rows) == 2

    harness.at(noticed + timedelta(days=91))
    clean(harness)
    assert counts(harness) == [0, 0, 0]
    the_next_day(harness)
    assert harness.service.query(PartitionKey="orphans") == []


def test_a_row_that_is_put_back_counts_from_its_session_again() -> None:
    harness = harness_after(days=-3)
    row = harness.session_row()
    delete_session(harness)
    clean(harness)
    harness.sessions.insert(row.cells)
    the_next_day(harness)

    assert harness.service.query(PartitionKey="orphans") == []
    harness.at(OVER + timedelta(days=89))
    clean(harness)
    assert set(harness.states()) == set(NAMES)


def test_a_delivery_report_finds_its_mail_for_thirty_days() -> None:
    harness = harness_after(days=-7)
    sent = harness.now
    harness.at(london("2023-09-30 08:00"))
    clean(harness)
    assert len(harness.index.rows) == 2

    harness.at(london("2023-10-02 09:00"))
    clean(harness)
    assert counts(harness) == [3, 2, 0], f"sent about {sent}"


def test_mail_log_without_a_session_is_kept_for_ninety_days() -> None:
    harness = harness_after(days=0)
    for number, at in enumerate(("2023-09-01T08:00:00Z", "2023-11-30T08:00:00Z")):
        harness.log.insert({"PartitionKey": "organiser", "RowKey": f"mail-{number}", "State": "sent", "At": at})
    harness.at(OVER + timedelta(days=90))

    clean(harness)

    assert [row.key for row in harness.log.rows.values()] == ["mail-1"]


def test_what_is_still_held_is_written_down_by_class_with_its_oldest_day() -> None:
    harness = harness_after(days=1)

    clean(harness)

    row = held(harness)
    assert (row.integer("Count"), row.text("Oldest"), row.text("CheckedAt")) == (
        2,
        "2023-09-01",
        "2023-09-09T15:15:00Z",
    )
    assert row.text("InWords") == (
        "2 bookings. The oldest is of Friday 1 September 2023. Each is deleted 90 days after its session."
    )
    assert [held(harness, kind).integer("Count") for kind in ("mail-log", "mail-index")] == [2, 2]
    harness.at(OVER + timedelta(days=90))
    clean(harness)
    assert (held(harness).integer("Count"), held(harness).text("Oldest")) == (0, "")


def test_what_is_held_names_nobody() -> None:
    harness = harness_after(days=1)

    clean(harness)

    assert not any(word in str(harness.service.query(PartitionKey="held")) for word in ("Ann", "ann", "ben"))


def run_daily(harness: BookingHarness, *, days: int) -> list[int]:
    """One run on each of these days, the first of them today; the rows that each deleted."""
    deleted = []
    for _ in range(days):
        swept = run(harness)
        assert swept is not None
        deleted.append(swept.deleted)
        harness.pass_time(days=1)
    return deleted


def everything(harness: BookingHarness) -> str:
    tables = {name: getattr(harness, name).rows for name in ("sessions", "bookings", "log", "index")}
    known = harness.service.get("service", "session-s1")
    rows = [*harness.service.query(PartitionKey="orphans"), *([known] if known else [])]
    return str([tables, [(row.cells, row.etag) for row in rows]])  # not when they were read


def test_a_clock_that_jumps_two_years_ahead_for_one_run_deletes_nothing() -> None:
    harness = harness_after(days=-3)
    harness.bookings.insert({"PartitionKey": "lost", "RowKey": "by hand", "Name": "Dee", "BookedAt": "2023-09-01"})
    assert run_daily(harness, days=5) == [0] * 5
    now, before = harness.now, everything(harness)
    assert "teams.example" in before

    harness.at(now + timedelta(days=730))
    assert run(harness) == RetentionResult(deleted=0, failed=0, left=False)
    assert everything(harness) == before

    harness.at(now)
    assert run_daily(harness, days=5) == [0] * 5
    assert everything(harness) == before


def test_a_clock_that_stays_ahead_is_believed_after_three_more_days() -> None:
    harness = harness_after()

    assert run_daily(harness, days=4) == [0, 0, 0, 7]
    assert counts(harness) == [0, 0, 0]


def test_a_run_missed_for_two_days_does_not_make_the_clock_doubtful() -> None:
    harness = harness_after(days=80)
    run_daily(harness, days=4)
    harness.pass_time(days=2)
    assert run_daily(harness, days=4)[0] == 0
    harness.at(OVER + timedelta(days=90))

    assert run_daily(harness, days=1) == [5]  # the index, of mails that are older than a month, went before


def test_the_row_of_the_run_keeps_its_names_and_adds_how_steady_the_clock_was() -> None:
    harness = harness_after()
    run_daily(harness, days=2)

    row = harness.service.get("service", "retention")
    assert row is not None
    assert {name: row.cells[name] for name in ("Day", "Failed", "Steady")} == {
        "Day": "2023-12-08",
        "Failed": 0,
        "Steady": 1,
    }


def test_a_row_from_before_the_clock_was_watched_begins_to_count() -> None:
    harness = harness_after()
    harness.service.put({"PartitionKey": "service", "RowKey": "retention", "Day": "2023-12-06", "Failed": 0})

    assert run_daily(harness, days=3) == [0, 0, 7]
