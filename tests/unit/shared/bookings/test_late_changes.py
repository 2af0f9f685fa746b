"""Changes shortly before the start, and after it, reach everyone in time or are named as too late."""

from typing import Any

import pytest

from tests.builders import london
from tests.every_row import every_row
from tests.unit.shared.bookings.booking_system import BookingHarness

ASKED = "Write into Attended how many people came, by 29 December 2023."
NEW_LINK = "https://teams.example/join/2"


def at(harness: BookingHarness, clock: str, day: int = 8) -> None:
    harness.at(london(f"2023-09-{day:02} {clock}"))


def booked_at(clock: str, *names: str, **cells: Any) -> BookingHarness:
    """Everyone booked a week before the session on 8 September at 3pm; then it is `clock` on its day."""
    harness = BookingHarness(**cells)
    for name in names or ("ann",):
        harness.book(name, join_waiting_list=True)
    harness.tick()
    at(harness, clock)
    harness.tick()
    return harness


def runs(harness: BookingHarness, *clocks: str, day: int = 8) -> None:
    for clock in clocks:
        at(harness, clock, day)
        harness.tick()


def changes(harness: BookingHarness, name: str = "ann") -> list[str]:
    return [kind for kind in harness.kinds(name) if kind in {"changed", "cancelled"}]


def problem(harness: BookingHarness) -> str:
    return harness.session_row().text("Problem")


@pytest.mark.parametrize(
    ("typed", "told", "cells", "said"),
    [
        ("14:50", "14:55", {"Time": "16:00"}, "moves to Friday 8 September 2023, 4pm"),
        ("14:16", "14:20", {"Time": "14:30"}, "moves to Friday 8 September 2023, 2:30pm"),
        ("14:54", "14:55", {"Time": "15:05"}, "moves to Friday 8 September 2023, 3:05pm"),
        ("13:01", "13:05", {"Time": "17:30"}, "moves to Friday 8 September 2023, 5:30pm"),
        ("14:41", "14:45", {"Date": "2023-09-15"}, "moves to Friday 15 September 2023, 3pm"),
        ("09:31", "09:35", {"Time": "11:00"}, "moves to Friday 8 September 2023, 11am"),
        ("14:50", "14:55", {"Time": "16:00", "JoinUrl": NEW_LINK}, "The joining link has changed"),
        ("14:50", "14:55", {"JoinUrl": NEW_LINK}, "The joining link has changed"),
        ("14:50", "14:55", {"JoinUrl": ""}, "The joining link is no longer valid"),
        ("14:50", "14:55", {"State": "cancelled"}, "will not take place"),
    ],
)
def test_change_within_two_hours_of_the_old_or_the_new_start_is_told_on_the_next_run(
    typed: str, told: str, cells: dict[str, Any], said: str
) -> None:
    harness = booked_at(typed, "ann", "ben")
    harness.edit_session(**cells)
    runs(harness, told)

    for name in ("ann", "ben"):
        assert len(changes(harness, name)) == 1
        assert said in harness.mails(name)[-1].text
    assert harness.session_row().text("Notice") == ""


@pytest.mark.parametrize(
    ("typed", "cells"),
    [
        ("12:30", {"Time": "16:00"}),
        ("12:30", {"Date": "2023-09-15"}),
        ("12:30", {"JoinUrl": NEW_LINK}),
        ("12:30", {"State": "cancelled"}),
        ("14:30", {"Theme": "Rest"}),
        ("14:30", {"Minutes": 90}),
    ],
)
def test_change_that_can_wait_settles_for_a_quarter_of_an_hour(typed: str, cells: dict[str, Any]) -> None:
    harness = booked_at(typed)
    harness.edit_session(**cells)
    harness.tick()
    hour, minute = typed.split(":")
    runs(harness, f"{hour}:{int(minute) + 10}")
    assert changes(harness) == []

    runs(harness, f"{hour}:{int(minute) + 15}")
    assert len(changes(harness)) == 1


def test_session_that_takes_place_after_all_is_told_on_the_next_run_as_well() -> None:
    harness = booked_at("13:30")
    harness.edit_session(State="cancelled")
    runs(harness, "13:35")
    harness.edit_session(State="open")
    runs(harness, "13:40")

    assert changes(harness) == ["cancelled", "changed"]


def test_edit_that_becomes_urgent_while_it_settles_is_told_when_it_does_and_foretold_so() -> None:
    harness = booked_at("12:55")
    harness.edit_session(Time="16:00")
    runs(harness, "12:56")
    foretold = "1 person will be emailed at 1pm: the session moves to Friday 8 September 2023, 4pm to 5:15pm"
    assert harness.session_row().text("Notice") == foretold

    runs(harness, "12:59")
    assert changes(harness) == []
    runs(harness, "13:00")
    assert changes(harness) == ["changed"]


@pytest.mark.parametrize("typed", ["14:31", "14:40", "14:59"])
def test_start_that_has_passed_when_it_is_typed_is_not_announced(typed: str) -> None:
    harness = booked_at(typed)
    harness.edit_session(Time="14:30")
    harness.tick()
    said = problem(harness)
    runs(harness, "15:00", "15:16", "15:20")

    assert said.startswith("Date and Time are in the past. No one is told of them, and the session stays on Friday 8")
    assert problem(harness).startswith("The session started on Friday 8 September 2023, 3pm, so no one is told of")
    assert changes(harness) == []


def test_start_that_passed_before_a_run_saw_it_is_not_announced() -> None:
    harness = booked_at("14:25")
    harness.edit_session(Time="14:26")
    runs(harness, "14:30", "14:45", "15:16")

    assert changes(harness) == []
    assert harness.kinds("ann") == ["booked", "reminder"]


@pytest.mark.parametrize(
    "cells", [{"Time": "15:30"}, {"Time": "16:00"}, {"Time": "14:30"}, {"Date": "2023-09-15"}, {"Date": "2023-09-01"}]
)
def test_no_new_start_is_announced_after_the_start(cells: dict[str, Any]) -> None:
    harness = booked_at("15:02")
    harness.edit_session(**cells)
    runs(harness, "15:05", "15:25", "16:20")
    harness.live(until=london("2023-09-08 17:00"))

    assert changes(harness) == []
    assert "no one is told of another Date and Time" in problem(harness)
    assert harness.session_row().text("Notice").removeprefix(ASKED) == ""


def test_problem_goes_when_the_announced_start_is_put_back() -> None:
    harness = booked_at("15:02")
    harness.edit_session(Time="15:30")
    runs(harness, "15:05")
    harness.edit_session(Time="15:00")
    runs(harness, "15:10")

    assert problem(harness) == ""
    assert changes(harness) == []


@every_row("typed", ["15:02", "15:40", "16:08"])
@every_row(
    "cells, kind, said",
    [
        ({"JoinUrl": NEW_LINK}, "changed", NEW_LINK),
        ({"JoinUrl": NEW_LINK, "Time": "16:30"}, "changed", NEW_LINK),
        ({"JoinUrl": NEW_LINK, "Date": "2022-09-08"}, "changed", NEW_LINK),
        ({"State": "cancelled"}, "cancelled", "Friday 8 September 2023, 3pm to 4:15pm, UK time, will not take place"),
        ({"State": "cancelled", "Date": "2023-09-15"}, "cancelled", "Friday 8 September 2023, 3pm to 4:15pm"),
    ],
)
def test_changed_link_or_cancellation_is_told_on_the_next_run_until_the_session_ends(
    typed: str, cells: dict[str, Any], kind: str, said: str
) -> None:
    harness = booked_at(typed)
    harness.edit_session(**cells)
    harness.pass_time(minutes=5)
    harness.tick()

    assert changes(harness) == [kind]
    assert said in harness.mails("ann")[-1].text
    assert "moves to" not in harness.mails("ann")[-1].text
    harness.live(until=london("2023-09-08 17:30"))
    assert changes(harness) == [kind]


@pytest.mark.parametrize("cells", [{"JoinUrl": NEW_LINK}, {"State": "cancelled"}])
def test_nothing_is_told_of_a_session_that_is_over(cells: dict[str, Any]) -> None:
    harness = booked_at("16:20")
    harness.edit_session(**cells)
    runs(harness, "16:25", "16:45")

    assert changes(harness) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"JoinUrl": NEW_LINK}, "The joining link has changed"),
        ({"Theme": "Rest"}, "The theme is now Rest"),
        ({"State": "cancelled"}, "will not take place"),
    ],
)
def test_start_in_the_past_holds_back_the_start_alone(cells: dict[str, Any], said: str) -> None:
    harness = booked_at("10:00")
    harness.edit_session(Date="2022-09-08", **cells)
    harness.tick()
    runs(harness, "10:15")

    assert len(changes(harness)) == 1
    assert said in harness.mails("ann")[-1].text
    assert "Friday 8 September 2023, 3pm to 4:15pm" in harness.mails("ann")[-1].text
    assert ("Date and Time are in the past" in problem(harness)) is (cells.get("State") != "cancelled")


def test_session_called_off_is_not_told_to_take_place_at_a_start_that_is_not_meant() -> None:
    harness = booked_at("10:00")
    harness.edit_session(State="cancelled")
    harness.tick()
    runs(harness, "10:15")
    harness.edit_session(State="open", Date="2022-09-15")
    runs(harness, "10:20", "10:40")
    assert changes(harness) == ["cancelled"]

    harness.edit_session(Date="2023-09-15")
    runs(harness, "10:45", "11:00")
    assert changes(harness) == ["cancelled", "changed"]
    assert "moves to Friday 15 September 2023" in harness.mails("ann")[-1].text


def test_row_of_a_past_session_that_nobody_booked_takes_another_date() -> None:
    harness = BookingHarness()
    harness.tick()
    at(harness, "15:30")
    harness.edit_session(Date="2023-09-15")
    harness.tick()

    assert problem(harness) == ""
    assert [opening.session.starts for opening in harness.booking().bookable_sessions(harness.now)] == [
        london("2023-09-15 15:00")
    ]


def test_notice_counts_only_those_who_will_be_emailed() -> None:
    harness = booked_at("10:00", "ann", "ben", "cem", Capacity=2)
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "State": "confirmed"})
    harness.cancel("ben")
    harness.tick()
    harness.edit_session(JoinUrl=NEW_LINK)
    harness.tick()
    assert harness.session_row().text("Notice") == "1 person will be emailed at 10:15am: the joining link has changed"

    harness.edit_session(Theme="Rest")
    harness.tick()
    both = "2 people will be emailed at 10:15am: the joining link has changed (only 1 of them is told this)"
    assert harness.session_row().text("Notice") == f"{both}; the theme is now Rest"
    before = len(harness.sender.messages)
    runs(harness, "10:15")
    assert len(harness.sender.messages) - before == 2


def test_edit_that_nobody_is_emailed_about_is_not_foretold() -> None:
    harness = booked_at("10:00", "ann", "ben", Capacity=1)
    harness.cancel("ann")
    harness.edit("ben", State="waiting")
    harness.edit_session(JoinUrl=NEW_LINK, Capacity=0)
    harness.tick()

    assert harness.session_row().text("Notice") == ""


def test_change_of_theme_that_would_settle_after_the_end_is_not_foretold() -> None:
    harness = booked_at("16:05")
    harness.edit_session(Theme="Rest")
    harness.tick()
    assert harness.session_row().text("Notice") == ""

    harness.live(until=london("2023-09-08 17:00"))
    assert changes(harness) == []


@pytest.mark.parametrize("cells", [{"JoinUrl": NEW_LINK}, {"Theme": "Rest"}, {"Time": "17:00"}, {"Minutes": 90}])
def test_cancelled_session_whose_row_is_edited_is_not_cancelled_once_more(cells: dict[str, Any]) -> None:
    harness = booked_at("10:00")
    harness.edit_session(State="cancelled")
    harness.tick()
    runs(harness, "10:15")
    harness.edit_session(**cells)
    harness.tick()
    assert harness.session_row().text("Notice") == ""

    runs(harness, "10:20", "10:40")
    assert changes(harness) == ["cancelled"]


def test_update_that_says_nothing_new_by_the_time_it_is_sent_is_not_sent() -> None:
    harness = booked_at("10:00", "ann")
    harness.edit_session(Theme="Rest")
    harness.tick()
    runs(harness, "10:15")
    row = harness.row("ann")
    again = f"{row.key}-1-updated-2"
    del harness.log.rows[("s1", again)]
    harness.log.put({**harness.log.rows[("s1", f"{row.key}-1-confirmation")].cells, "Version": 2})
    harness.mailer().deliver("s1", again, harness.now)

    assert changes(harness) == ["changed"]
