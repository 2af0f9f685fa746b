"""Reminders agree with what is typed into the row and with what attendees were told last."""

from typing import Any

import pytest

from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness

REMINDER_OF_3PM = "reminder-P1D-20230908T1400Z"


def booked(*names: str, **cells: Any) -> BookingHarness:
    harness = BookingHarness(**cells)
    for name in names or ("ann",):
        harness.book(name, join_waiting_list=True)
    harness.tick()
    return harness


def runs(harness: BookingHarness, day: int, *clocks: str) -> None:
    for clock in clocks:
        harness.at(london(f"2023-09-{day:02} {clock}"))
        harness.tick()


def log_states(harness: BookingHarness, kind: str) -> dict[str, str]:
    """States of the emails of one kind in the log, by what they are about."""
    found = {row.key.partition(f"-1-{kind}-")[2]: row.text("State") for row in harness.log.query()}
    return {about: state for about, state in found.items() if about}


@pytest.mark.parametrize(
    "cells", [{"State": "cancelled"}, {"Time": "16:00"}, {"Time": "14:30"}, {"Date": "2023-09-15"}]
)
def test_no_reminder_goes_while_an_edit_of_start_or_state_settles(cells: dict[str, Any]) -> None:
    harness = booked()
    runs(harness, 7, "14:55")
    harness.edit_session(**cells)
    runs(harness, 7, "14:56", "15:01", "15:06")
    assert harness.kinds("ann") == ["booked"]

    runs(harness, 7, "15:11", "15:16", "15:21")
    assert harness.kinds("ann") == ["booked", "cancelled" if "State" in cells else "changed"]


def test_called_off_just_before_a_reminder_is_a_cancellation_and_nothing_else() -> None:
    harness = booked()
    runs(harness, 7, "14:51")
    harness.edit_session(State="cancelled")
    runs(harness, 7, "14:56", "15:01", "15:06", "15:11", "15:16", "15:21")
    runs(harness, 8, "14:00", "14:30", "15:00")

    assert harness.kinds("ann") == ["booked", "cancelled"]


def test_moved_by_an_hour_just_before_the_reminder_is_one_update_and_the_hour_reminder_to_come() -> None:
    harness = booked(Time="11:00")
    runs(harness, 7, "11:00")
    runs(harness, 8, "09:55")
    harness.edit_session(Time="12:00")
    runs(harness, 8, "10:00", "10:03", "10:05", "10:30", "10:55")
    assert harness.kinds("ann") == ["booked", "reminder", "changed"]
    assert log_states(harness, "reminder")["P1D-20230908T1100Z"] == "skipped"

    runs(harness, 8, "11:00", "11:05")
    assert harness.kinds("ann") == ["booked", "reminder", "changed", "reminder"]
    assert "midday" in harness.mails("ann")[3].text


def test_moved_to_tomorrow_after_the_moment_of_the_day_reminder_is_told_and_not_reminded_of_at_once() -> None:
    harness = booked(Date="2023-09-15")
    runs(harness, 7, "16:00")
    harness.edit_session(Date="2023-09-08")
    runs(harness, 7, "16:01", "16:16", "16:21", "16:26")
    assert harness.kinds("ann") == ["booked", "changed"]
    assert log_states(harness, "reminder") == {REMINDER_OF_3PM.partition("-")[2]: "skipped"}

    runs(harness, 8, "14:00", "14:05", "15:00")
    assert harness.kinds("ann") == ["booked", "changed", "reminder"]


def test_reminder_whose_moment_comes_after_the_update_goes() -> None:
    harness = booked(Date="2023-09-15")
    runs(harness, 7, "14:40")
    harness.edit_session(Date="2023-09-08")
    runs(harness, 7, "14:41", "14:56", "15:00")

    assert harness.kinds("ann") == ["booked", "changed", "reminder"]


@pytest.mark.parametrize("cells", [{"Theme": "Rest"}, {"JoinUrl": "https://teams.example/join/2"}, {"State": "closed"}])
def test_other_edits_hold_no_reminder_back_and_stand_for_none(cells: dict[str, Any]) -> None:
    harness = booked()
    runs(harness, 7, "14:55")
    harness.edit_session(**cells)
    runs(harness, 7, "14:56", "15:01")
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_update_about_something_else_does_not_stand_for_a_reminder() -> None:
    harness = booked()
    runs(harness, 7, "14:40")
    harness.edit_session(Theme="Rest")
    runs(harness, 7, "14:44", "15:05", "15:10")

    assert sorted(harness.kinds("ann")) == ["booked", "changed", "reminder"]


def test_reminder_goes_when_the_edit_is_taken_back() -> None:
    harness = booked()
    runs(harness, 7, "14:55")
    harness.edit_session(Date="2023-09-15")
    runs(harness, 7, "14:56", "15:01")
    harness.edit_session(Date="2023-09-08")
    runs(harness, 7, "15:06", "15:11")

    assert harness.kinds("ann") == ["booked", "reminder"]


def test_reminder_does_not_go_when_the_edit_is_taken_back_after_the_start() -> None:
    harness = booked(Reminders="PT1M")
    runs(harness, 8, "14:50")
    harness.at(london("2023-09-08 14:59"))
    harness.run_schedule_without_sending()
    queued = f"{harness.row('ann').key}-1-reminder-PT1M-20230908T1400Z"
    harness.edit_session(State="cancelled")
    harness.mailer().deliver("s1", queued, harness.now)
    harness.edit_session(State="open")
    runs(harness, 8, "15:00", "15:05")

    assert harness.kinds("ann") == ["booked"]


@pytest.mark.parametrize("cells", [{"State": "cancelled"}, {"Time": "16:00"}, {"Date": "2023-09-15"}])
def test_reminder_on_the_queue_is_not_sent_once_an_edit_is_typed(cells: dict[str, Any]) -> None:
    harness = booked()
    harness.at(london("2023-09-07 15:00"))
    harness.run_schedule_without_sending()
    queued = f"{harness.row('ann').key}-1-{REMINDER_OF_3PM}"
    before = harness.session_row().cells
    harness.edit_session(**cells)
    harness.mailer().deliver("s1", queued, harness.now)
    assert harness.kinds("ann") == ["booked"]

    harness.sessions.put(dict(before))
    harness.mailer().deliver("s1", queued, harness.now)
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_date_in_the_past_holds_no_reminder_back() -> None:
    harness = booked()
    runs(harness, 7, "14:55")
    harness.edit_session(Date="2022-09-08")
    runs(harness, 7, "15:00")
    runs(harness, 8, "14:00")

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_session_that_takes_place_after_all_is_not_reminded_of_minutes_later() -> None:
    harness = booked()
    runs(harness, 6, "09:00")
    harness.edit_session(State="cancelled")
    runs(harness, 6, "09:05", "09:20")
    runs(harness, 7, "16:00")
    harness.edit_session(State="open")
    runs(harness, 7, "16:05", "16:20", "16:25")
    assert harness.kinds("ann") == ["booked", "cancelled", "changed"]

    runs(harness, 8, "14:00")
    assert harness.kinds("ann") == ["booked", "cancelled", "changed", "reminder"]


def test_session_that_moves_there_and_back_is_not_reminded_of_minutes_later() -> None:
    harness = booked()
    runs(harness, 7, "13:00")
    harness.edit_session(Time="16:00")
    runs(harness, 7, "13:05", "13:20", "14:50")
    harness.edit_session(Time="15:00")
    runs(harness, 7, "14:55", "15:05", "15:10", "15:15", "15:20")

    assert harness.kinds("ann") == ["booked", "changed", "changed"]


def test_reminder_waits_while_the_update_is_on_its_way() -> None:
    harness = booked(Date="2023-09-15")
    runs(harness, 7, "14:40")
    harness.edit_session(Date="2023-09-08")
    runs(harness, 7, "14:41")
    harness.sender.trouble = {harness.sender.requests: "lost-answer"}
    runs(harness, 7, "14:56", "15:01", "15:04")
    assert "reminder" not in harness.kinds("ann")

    runs(harness, 7, "15:11", "15:16")
    assert harness.kinds("ann")[:2] == ["booked", "changed"]
    assert len(harness.kinds("ann")) <= 3


def test_end_of_the_waiting_list_is_not_told_while_a_new_start_settles() -> None:
    harness = booked("ann", "ben", Capacity=1)
    runs(harness, 7, "14:55")
    harness.edit_session(Date="2023-09-15")
    runs(harness, 7, "14:56", "15:01", "15:06", "15:11", "15:16")

    assert harness.kinds("ben") == ["waiting list", "changed"]
