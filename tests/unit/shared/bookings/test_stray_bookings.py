"""A booking typed in under a session that does not exist says so, counts nowhere, and is told to the organiser once."""

from dataclasses import replace
from typing import Any

import pytest

from shared.bookings.reconcile.stray_bookings import INTERVAL, stray_problem
from shared.bookings.tables.repository import BookingRepository
from shared.tables.service_table import read_service_rows
from shared.tables.table import RowConflictError
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import DigestHarness, HarnessWithOrganiser

SAYS = "There is no session "


class WholeRunHarness(HarnessWithOrganiser):
    """Its timer also looks for bookings without a session, as `TimerRun` does."""

    def tick(self) -> None:
        schedule, rows = self.schedule(), read_service_rows(self.service)
        seen = schedule.run(rows, self.now)
        strays = schedule.find_strays(seen, rows, self.now)
        assert seen.complete
        self._send(schedule.mails_within_quota(seen.reconciled, self.now))
        digest = DigestHarness(service=self.service)
        digest.log, digest.index, digest.sender = self.log, self.index, self.sender
        digest.organiser().run(replace(seen, strays=strays), self.now)


def type_in(harness: BookingHarness, session_id: str, key: str = "typed", **cells: Any) -> None:
    row = {"PartitionKey": session_id, "RowKey": key, "Name": "Dee", "Email": "dee@example.nhs.uk"}
    harness.bookings.insert(row | {"State": "confirmed"} | cells)


def problem(harness: BookingHarness, session_id: str, key: str = "typed") -> str:
    return harness.bookings.rows[(session_id, key)].text("Problem")


def ticks(harness: BookingHarness, times: int) -> None:
    for _ in range(times):
        harness.pass_time(minutes=5)
        harness.tick()


@pytest.mark.parametrize("session_id", ["S1", "s-1", "s1 ", " s1", "ｓ1"])
def test_booking_under_a_mistyped_session_is_named_counted_nowhere_and_told_once(session_id: str) -> None:
    harness = WholeRunHarness()
    harness.book("ann")
    type_in(harness, session_id)
    ticks(harness, 40)

    assert problem(harness, session_id).startswith(f"{SAYS}{session_id}. Did you mean s1?")
    assert harness.mails("dee") == []
    assert harness.session_row().text("Confirmed") == "1"
    assert sum(SAYS in text for text in harness.texts_received) == 1


def test_booking_that_is_typed_later_is_found_within_an_hour() -> None:
    harness = WholeRunHarness()
    ticks(harness, 1)
    type_in(harness, "S1")
    ticks(harness, 12)

    assert problem(harness, "S1").startswith(SAYS)


def test_session_that_is_like_no_other_is_asked_about_in_general() -> None:
    harness = WholeRunHarness()
    type_in(harness, "elsewhere")
    ticks(harness, 1)

    assert problem(harness, "elsewhere").startswith("There is no session elsewhere. This booking counts nowhere")


def test_problem_is_gone_and_the_person_is_confirmed_once_the_session_is_there() -> None:
    harness = WholeRunHarness()
    type_in(harness, "S1")
    ticks(harness, 2)
    harness.add_session(RowKey="S1")
    ticks(harness, 2)

    assert problem(harness, "S1") == ""
    assert harness.kinds("dee") == ["booked"]


def test_row_that_is_moved_to_its_session_is_confirmed_and_forgotten() -> None:
    harness = WholeRunHarness()
    type_in(harness, "S1")
    ticks(harness, 2)
    harness.bookings.delete("S1", "typed")
    type_in(harness, "s1")
    ticks(harness, 2)

    assert harness.kinds("dee") == ["booked"]
    assert harness.service.rows[("service", "stray-bookings")].text("Sessions") == ""


def test_every_row_of_such_a_session_is_named_but_who_is_cancelled() -> None:
    harness = WholeRunHarness()
    for key, state in (("a", "confirmed"), ("b", "waiting"), ("c", "conf"), ("d", "cancelled")):
        type_in(harness, "S1", key, State=state, Email=f"{key}@example.nhs.uk")
    ticks(harness, 1)

    assert [problem(harness, "S1", key)[:5] for key in "abcd"] == ["There"] * 3 + [""]
    assert harness.bookings.rows[("S1", "c")].text("State") == "conf", "nothing else is written into such a row"


def test_booking_of_a_session_whose_row_was_deleted_is_not_one_without_a_session() -> None:
    harness = WholeRunHarness()
    harness.book("ann")
    ticks(harness, 1)
    harness.sessions.rows.clear()
    ticks(harness, 30)

    assert harness.row("ann").text("Problem") == ""
    assert not any(SAYS in text for text in harness.texts_received)


def test_run_that_cannot_read_what_it_remembers_names_no_booking_of_a_deleted_session() -> None:
    harness = WholeRunHarness()
    harness.book("ann")
    ticks(harness, 1)
    harness.sessions.rows.clear()
    schedule = harness.schedule()

    assert schedule.find_strays(schedule.run({}, harness.now), {}, harness.now) == ()


def test_keys_of_all_bookings_are_read_once_an_hour_and_what_was_found_on_each_run() -> None:
    harness = WholeRunHarness()
    harness.tick()
    harness.pass_time(minutes=5)
    quiet = cost(harness)
    harness.pass_time(minutes=INTERVAL.total_seconds() / 60)
    assert cost(harness) - quiet == 2 + 1, "the keys of both tables, and when they were read"

    type_in(harness, "S1")
    harness.pass_time(minutes=60)
    harness.tick()
    harness.pass_time(minutes=5)
    assert cost(harness) - quiet == 3, "the rows, what the service remembers, and the schedule once more"


def cost(harness: BookingHarness) -> int:
    """Requests to the tables of sessions, bookings and what the service remembers, by a run without its emails."""
    tables = (harness.sessions, harness.bookings, harness.service)
    before, schedule = sum(table.calls for table in tables), harness.schedule()
    rows = read_service_rows(harness.service)
    schedule.find_strays(schedule.run(rows, harness.now), rows, harness.now)
    return sum(table.calls for table in tables) - before


@pytest.mark.parametrize("text", ["", "x", "/", "a/b/?/#", "s1/s1", "x/" * 9_000])
def test_mark_that_someone_wrote_over_stops_nothing(text: str) -> None:
    harness = WholeRunHarness()
    ticks(harness, 1)
    harness.service.put(dict(harness.service.rows[("service", "stray-bookings")].cells) | {"Sessions": text})
    type_in(harness, "S1")
    ticks(harness, 13)

    assert problem(harness, "S1").startswith(SAYS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("P8", "p8"),
        ("2023-09-08 1500", "2023-09-08-1500"),
        ("2023-09-08-150", "2023-09-08-1500"),
        ("20230908-1500", "2023-09-08-1500"),
        ("monday", ""),
        ("", ""),
    ],
)
def test_session_that_was_meant_is_the_one_most_alike(typed: str, meant: str) -> None:
    said = stray_problem(typed, ["p8", "p9", "2023-09-08-1500", "2023-10-13-1100"])

    assert (f"Did you mean {meant}?" in said) is bool(meant)


def test_a_row_that_changes_meanwhile_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = WholeRunHarness()
    type_in(harness, "S1")

    def conflict(*_: object) -> None:
        raise RowConflictError

    with monkeypatch.context() as patched:
        patched.setattr(BookingRepository, "name_problem", conflict)
        ticks(harness, 1)
    ticks(harness, 1)

    assert problem(harness, "S1").startswith(SAYS)
