"""A session that a run cannot process says so in its row and goes on as last announced; the others are unhindered."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from shared.bookings.model.session import Session
from shared.bookings.reconcile import session_reconciler
from shared.bookings.staff_emails.organiser_digest import failed_session_alerts
from shared.bookings.tables import repository as repository_module
from shared.bookings.tables.session_rows import SessionRow, read_session_row
from shared.reminder_offsets import Offset
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row, RowConflictError, StorageRefusedError, StorageUnavailableError, Table
from tests.builders import london
from tests.fakes import FakeTable
from tests.unit.shared.bookings.booking_system import BookingHarness

FAILURES = [StorageRefusedError("canary"), StorageUnavailableError("canary"), ValueError("canary"), KeyError("canary")]
SAYS = "This session could not be processed at 9am on Friday 1 September 2023."


class FailingTable:
    """A table in which everything about one session's partition, or every write of its row, fails."""

    def __init__(self, table: FakeTable, failure: Exception, session_id: str, *, writes: bool = False) -> None:
        self._table, self._failure, self._session_id, self._writes = table, failure, session_id, writes

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        if not self._writes and like.get("PartitionKey") == self._session_id:
            raise self._failure
        return self._table.query(select, **like)

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        if self._writes and cells["RowKey"] == self._session_id and len(cells) > 3:
            raise self._failure
        return self._table.merge(cells, etag)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


class HarnessWithFailures(BookingHarness):
    """`failure`: the error of every read of the roster of `s1`, or of every write of its row that is not the note."""

    failure: Exception | None = None
    writes = False

    def run(self) -> Mapping[str, str]:
        """Runs the timer's work on the sessions, sends what is due, and returns the sessions that failed."""
        timer = self.schedule(self._failing if self.failure else lambda table: table)
        seen = timer.run(read_service_rows(self.service), self.now)
        self._send(timer.mails_within_quota(seen.reconciled, self.now))
        return seen.failed

    def _failing(self, table: FakeTable) -> Table:
        assert self.failure is not None
        return cast("Table", FailingTable(table, self.failure, "s1", writes=self.writes))

    @property
    def problem(self) -> str:
        return self.session_row().text("Problem")


def with_two_sessions() -> HarnessWithFailures:
    harness = HarnessWithFailures()
    harness.add_session(RowKey="s2")
    for session_id, name in (("s1", "ann"), ("s2", "ben")):
        harness.book(name, session_id)
    assert harness.run() == {}
    return harness


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_row_says_so_and_the_other_session_is_reminded(failure: Exception) -> None:
    harness = with_two_sessions()
    harness.failure = failure

    assert harness.run() == {"s1": type(failure).__name__}
    assert harness.problem.startswith(SAYS)
    assert "canary" not in harness.problem
    assert harness.session_row("s2").text("Problem") == ""
    harness.at(london("2023-09-07 15:00"))
    harness.run()
    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked"], ["booked", "reminder"])


def test_text_names_the_first_failure_and_is_written_once() -> None:
    harness = with_two_sessions()
    harness.failure = FAILURES[0]
    harness.run()
    written = harness.session_row()
    harness.pass_time(minutes=5)
    harness.run()

    assert harness.session_row() == written


def test_next_good_run_empties_the_text_and_catches_up() -> None:
    harness = with_two_sessions()
    harness.failure = FAILURES[0]
    harness.at(london("2023-09-07 15:00"))
    harness.run()
    harness.failure = None
    harness.pass_time(minutes=5)

    assert harness.run() == {}
    assert harness.problem == ""
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_write_of_a_row_that_is_refused_does_not_hide_the_failure_nor_what_else_is_wrong() -> None:
    harness = with_two_sessions()
    harness.edit_session(Capacity="twelve", Confirmed=9)
    harness.failure, harness.writes = FAILURES[0], True

    assert harness.run() == {"s1": "StorageRefusedError"}
    assert harness.problem.startswith(SAYS)
    assert 'Capacity is "twelve".' in harness.problem
    assert harness.booking().session("s1").capacity == 12


def test_note_that_cannot_be_written_either_is_logged_and_stops_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = with_two_sessions()
    harness.failure = FAILURES[0]

    def refuse(cells: Mapping[str, Any], etag: str) -> str:
        raise RowConflictError("canary")

    monkeypatch.setattr(harness.sessions, "merge", refuse)
    assert harness.run() == {"s1": "StorageRefusedError"}
    assert "note in the row of session s1 failed: RowConflictError" in caplog.text
    assert "canary" not in caplog.text


def test_text_stays_short_whatever_the_row_holds() -> None:
    harness = with_two_sessions()
    harness.edit_session(Problem="This session could not be processed" + "x" * 30_000, Title="x" * 30_000)
    harness.failure = FAILURES[0]
    harness.run()

    assert len(harness.problem) < 2_000


def test_row_that_was_changed_before_the_failure_gets_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = with_two_sessions()

    def fail(session: Session, *_: object) -> list[str]:
        if session.id == "s1":
            raise OverflowError("canary")
        return []

    harness.edit_session(Capacity=11)
    with monkeypatch.context() as patch:
        patch.setattr(session_reconciler, "reminders_to_skip", fail)
        for _ in range(3):
            harness.edit_session(Confirmed=7)
            assert harness.run() == {"s1": "OverflowError"}
            harness.pass_time(minutes=5)
    assert harness.problem.startswith(SAYS)
    assert harness.session_row().text("Confirmed") == "1"
    assert harness.run() == {}
    assert harness.problem == ""


def test_row_that_cannot_even_be_read_goes_on_as_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = with_two_sessions()
    harness.run()

    def fail(row: Row, reminders: tuple[Offset, ...]) -> SessionRow:
        if row.key == "s1":
            raise RecursionError("canary")
        return read_session_row(row, reminders)

    with monkeypatch.context() as patch:
        patch.setattr(repository_module, "read_session_row", fail)
        assert harness.run() == {}
        assert harness.problem.startswith("This row cannot be read.")
        assert {each.session.id for each in harness.booking().bookable_sessions(harness.now)} == {"s1", "s2"}
        harness.book("cem", "s2")
        harness.at(london("2023-09-07 15:00"))
        harness.run()
    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked", "reminder"], ["booked", "reminder"])
    harness.run()
    assert harness.problem == ""


def test_session_that_cannot_be_counted_is_left_out_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = with_two_sessions()
    booking = harness.booking()
    real = booking.policy.places_for_newcomer

    def fail(policy: object, session: Session, *rest: Any) -> int:
        if session.id == "s1":
            raise OverflowError("canary")
        return real(session, *rest)

    monkeypatch.setattr(type(booking.policy), "places_for_newcomer", fail)

    assert [each.session.id for each in booking.bookable_sessions(harness.now)] == ["s2"]


def test_storage_that_fails_is_an_error_of_the_whole_list_and_not_an_empty_one() -> None:
    harness = with_two_sessions()
    harness.failure = FAILURES[1]

    with pytest.raises(StorageUnavailableError):
        harness.booking(harness._failing).bookable_sessions(harness.now)


def test_organiser_is_told_once_of_a_session_that_failed_twice_in_a_row() -> None:
    harness = with_two_sessions()
    harness.failure = FAILURES[0]
    told = []
    for _ in range(4):
        rows = harness.repository().session_rows()
        seen = harness.schedule(harness._failing).run(read_service_rows(harness.service), harness.now)
        told.append(failed_session_alerts(rows, seen.reconciled, harness.now))
        harness.pass_time(minutes=5)

    assert [len(alerts) for alerts in told] == [0, 1, 1, 1]
    assert told[1] == told[2] == told[3], "the same alert, which is told once"
    assert SAYS in told[1][0].text
    harness.failure = None
    rows = harness.repository().session_rows()
    seen = harness.schedule().run(read_service_rows(harness.service), harness.now)
    assert failed_session_alerts(rows, seen.reconciled, harness.now) == []


def test_many_edits_of_long_texts_are_all_told_and_fill_no_cell() -> None:
    harness = with_two_sessions()
    harness.now = london("2023-09-02 09:00")
    for number in range(30):
        harness.edit_session(
            Theme=f"{number} " + '"\N{GRINNING FACE}' * 45, JoinUrl=f"https://t.example/{number:01900}"
        )
        harness.live(until=harness.now + timedelta(minutes=25))

    told = json.loads(harness.session_row().text("Announced"))
    assert (told["version"], harness.problem, harness.session_row().text("Notice")) == (31, "", "")
    assert harness.kinds("ann") == ["booked", *["changed"] * 30]
    for row in (harness.session_row(), harness.row("ann"), *harness.service.query()):
        assert all(len(row.text(name).encode("utf-16-le")) // 2 < 30_000 for name in row.cells)


def test_versions_beyond_the_twentieth_are_forgotten_and_still_counted() -> None:
    harness = with_two_sessions()
    for number in range(25):
        harness.edit_session(Theme=f"Theme {number}")
        harness.live(until=harness.now + timedelta(minutes=20))
    harness.edit_session(Theme="The last one")
    harness.live(until=harness.now + timedelta(minutes=20))

    told = json.loads(harness.session_row().text("Announced"))
    assert (told["version"], len(told["told"])) == (27, 20)
    assert harness.kinds("ann") == ["booked", *["changed"] * 26]
    assert "The theme is now The last one" in harness.mails("ann")[-1].text


def test_someone_who_knows_a_forgotten_version_is_told_what_there_is_now() -> None:
    harness = with_two_sessions()
    for number in range(25):
        harness.edit_session(Theme=f"Theme {number}")
        harness.pass_time(minutes=20)
        harness.run_schedule_without_sending()
        harness.pass_time(minutes=20)
        harness.run_schedule_without_sending()
    harness.run()

    assert harness.kinds("ann") == ["booked", "changed"]
    assert "Theme 24" in harness.mails("ann")[1].text
