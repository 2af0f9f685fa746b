"""Changes of the joining link concern those who have it, and nobody else."""

from typing import Any

import pytest

from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness

OUTSIDER: dict[str, Any] = {"email": "dee@personal.example", "works_here": True, "proves": True}


def with_someone_waiting(**cells: Any) -> BookingHarness:
    harness = BookingHarness(**{"Capacity": 1} | cells)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.tick()
    return harness


def change(harness: BookingHarness, **cells: Any) -> None:
    harness.edit_session(**cells)
    harness.tick()
    for _ in range(4):
        harness.pass_time(minutes=5)
        harness.tick()


def link(number: int) -> dict[str, str]:
    return {"JoinUrl": f"https://teams.example/join/{number}" if number else ""}


@pytest.mark.parametrize("links", [(2, 3), (0, 2), (0,), (2, 1)])
def test_changes_of_the_link_are_not_told_to_who_waits(links: tuple[int, ...]) -> None:
    harness = with_someone_waiting()
    for number in links:
        change(harness, **link(number))

    assert harness.kinds("ann") == ["booked"] + ["changed"] * len(links)
    assert harness.kinds("ben") == ["waiting list"]


def test_link_that_is_added_later_is_not_told_to_who_waits() -> None:
    harness = with_someone_waiting(**link(0))
    change(harness, **link(1))

    assert "Here is the joining link" in harness.mails("ann")[1].text
    assert harness.kinds("ben") == ["waiting list"]


def test_changes_of_the_link_are_not_told_to_who_is_to_be_checked() -> None:
    harness = BookingHarness()
    harness.book("dee", **OUTSIDER)
    harness.tick()
    change(harness, **link(2))
    change(harness, **link(3))

    assert harness.kinds("dee") == ["to confirm", "place held"]


def test_change_of_link_and_theme_tells_who_waits_of_the_theme_alone() -> None:
    harness = with_someone_waiting()
    change(harness, **link(2))
    change(harness, Theme="Rest", **link(3))

    assert "The joining link has changed" in harness.mails("ann")[-1].text
    assert harness.kinds("ben") == ["waiting list", "changed"]
    assert "The theme is now Rest" in harness.mails("ben")[1].text
    assert "link has changed" not in harness.mails("ben")[1].text


def test_who_gets_a_place_after_the_link_changed_gets_the_new_one_and_no_word_of_an_old_one() -> None:
    harness = with_someone_waiting()
    change(harness, **link(2))
    harness.cancel("ann")
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert harness.kinds("ben") == ["waiting list", "booked"]
    assert link(2)["JoinUrl"] in harness.mails("ben")[1].text


def test_who_is_checked_after_the_link_changed_gets_the_new_one_and_no_word_of_an_old_one() -> None:
    harness = BookingHarness()
    harness.book("dee", **OUTSIDER)
    harness.tick()
    change(harness, **link(2))
    harness.edit("dee", State="confirmed")
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()

    assert harness.kinds("dee") == ["to confirm", "place held", "booked"]
    assert link(2)["JoinUrl"] in harness.mails("dee")[2].text


@pytest.mark.parametrize("cells", [link(2), {"Time": "16:00"}, {"Time": "16:00"} | link(2)])
def test_place_given_in_the_run_that_tells_a_change_is_one_email(cells: dict[str, str]) -> None:
    harness = with_someone_waiting()
    harness.edit_session(**cells)
    harness.tick()
    harness.pass_time(minutes=16)
    harness.edit_session(Capacity=2)
    for _ in range(3):
        harness.tick()
        harness.pass_time(minutes=5)

    assert harness.kinds("ann") == ["booked", "changed"]
    assert harness.kinds("ben") == ["waiting list", "booked"]


def test_who_loses_the_place_by_hand_hears_no_more_of_the_link() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.tick()
    harness.edit("ann", State="waiting")
    harness.edit_session(Capacity=0)
    harness.tick()
    change(harness, **link(2))

    assert harness.kinds("ann") == ["booked", "waiting list"]


def test_link_changed_shortly_before_the_start_is_not_told_to_who_waits() -> None:
    harness = with_someone_waiting()
    harness.at(london("2023-09-08 14:50"))
    harness.tick()
    before = len(harness.mails("ben"))
    change(harness, **link(2))

    assert harness.kinds("ann")[-1] == "changed"
    assert "changed" not in harness.kinds("ben")[before:]


@pytest.mark.parametrize(
    "cells", [{"State": "cancelled"}, {"JoinUrl": "https://teams.example/join/2", "Theme": "Rest"}]
)
def test_who_was_told_that_there_was_no_place_hears_nothing_more_of_the_session(cells: dict[str, str]) -> None:
    harness = with_someone_waiting()
    harness.at(london("2023-09-08 15:00"))
    harness.tick()
    before = harness.kinds("ben")
    change(harness, **cells)

    assert harness.kinds("ann")[-1] in {"cancelled", "changed"}
    assert harness.kinds("ben") == before
