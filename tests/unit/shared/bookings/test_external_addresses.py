"""People whose address is not the trust's: the place is held, the joining link is not sent, and someone decides."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import NotForOutsidersError, TooLateToCheckError
from shared.local_time import moment_in_words
from tests.builders import POLICY, london
from tests.unit.shared.bookings.booking_system import BookingHarness

OUTSIDE: dict[str, Any] = {"email": "ann@personal.example", "works_here": True, "proves": True}


def test_an_address_of_the_trust_is_confirmed_at_once() -> None:
    assert BookingHarness().book("ann", email="ann@ward.example.nhs.uk").state is AttendeeState.CONFIRMED


@pytest.mark.parametrize("address", ["ann@example.nhs.uk.evil.example", "ann@evilexample.nhs.uk"])
def test_an_address_that_only_looks_like_the_trusts_is_checked(address: str) -> None:
    assert BookingHarness().book("ann", email=address, works_here=True).state is AttendeeState.TO_CHECK


def test_who_does_not_say_that_they_work_for_the_trust_gets_no_place() -> None:
    harness = BookingHarness()

    for answer in (None, False):
        with pytest.raises(NotForOutsidersError):
            harness.book("ann", email="ann@personal.example", works_here=answer)

    assert harness.rows() == []


def test_a_place_is_held_and_the_joining_link_withheld() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann", **OUTSIDE)
    harness.tick()

    _, mail = harness.mails("ann")
    assert "We are holding a place for you" in mail.text
    assert "until Tuesday 5 September 2023, 9am" in mail.text
    assert "teams.example" not in mail.text + mail.html


def test_what_the_organiser_types_confirms() -> None:
    harness = BookingHarness()
    harness.book("ann", **OUTSIDE)
    harness.edit("ann", State="Confirmed")
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.kinds("ann") == ["to confirm", "place held", "booked"]
    assert "https://teams.example/join/1" in harness.mails("ann")[2].text


def test_what_the_organiser_types_cancels() -> None:
    harness = BookingHarness()
    harness.book("ann", **OUTSIDE)
    harness.edit("ann", State="cancelled")
    harness.tick()

    assert harness.kinds("ann") == ["to confirm", "place held", "no longer booked"]


def test_a_place_is_released_kindly_after_two_weekdays_and_given_to_who_waits() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann", **OUTSIDE)
    harness.book("ben", join_waiting_list=True)
    harness.at(london("2023-09-05 08:59"))
    harness.tick()
    assert harness.states() == {"ann": "to-check", "ben": "waiting"}

    harness.at(london("2023-09-05 09:00"))
    harness.tick()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.kinds("ann") == ["to confirm", "place held", "place released"]
    assert harness.kinds("ben") == ["waiting list", "booked"]


def test_a_place_is_never_held_unchecked_into_the_last_day() -> None:
    harness = BookingHarness()
    harness.at(london("2023-09-07 10:00"))
    harness.book("ann", **OUTSIDE)
    harness.at(london("2023-09-07 15:00"))
    harness.tick()

    assert harness.states() == {"ann": "cancelled"}


def test_when_nobody_can_check_any_more_the_person_is_told_so() -> None:
    harness = BookingHarness()
    harness.at(london("2023-09-07 15:00"))

    with pytest.raises(TooLateToCheckError):
        harness.book("ann", **OUTSIDE)


def test_who_was_confirmed_is_not_checked_again_when_moving() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-10-03")
    harness.book("ann", **OUTSIDE)
    harness.edit("ann", State="confirmed")
    harness.tick()

    harness.move("ann", "s2")

    assert harness.states("s2") == {"ann": "confirmed"}


def test_who_waits_with_such_an_address_is_still_checked_when_a_place_becomes_free() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ben")
    harness.book("ann", join_waiting_list=True, **OUTSIDE)
    harness.cancel("ben")

    assert harness.states()["ann"] == "to-check"
    assert harness.kinds("ann") == ["to confirm", "waiting list", "place held"]


def test_a_row_typed_by_hand_to_be_checked_is_held_from_the_moment_it_was_seen() -> None:
    harness = BookingHarness()
    typed = {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "Email": "dee@personal.example"}
    harness.bookings.insert(typed | {"State": "to-check", "NeedsCheck": "yes"})
    harness.tick()
    assert harness.states() == {"dee": "to-check"}

    harness.at(london("2023-09-05 09:00"))
    harness.tick()
    assert harness.states() == {"dee": "cancelled"}


@pytest.mark.parametrize(
    ("booked", "session_day", "until"),
    [
        ("2023-09-01 09:00", "2023-09-15", "2023-09-05 09:00"),  # from Friday: the weekend does not count
        ("2023-09-02 10:00", "2023-09-15", "2023-09-05 10:00"),  # on Saturday
        ("2023-09-03 23:59", "2023-09-15", "2023-09-05 23:59"),  # on Sunday
        ("2023-09-04 00:00", "2023-09-15", "2023-09-06 00:00"),
        ("2023-09-01 09:00", "2023-09-05", "2023-09-04 15:00"),  # a day before the start comes first
        ("2023-10-27 15:00", "2023-11-15", "2023-10-31 15:00"),  # the clocks go back meanwhile, and show the same
        ("2024-03-29 15:00", "2024-04-15", "2024-04-02 15:00"),  # they go forward
        ("2023-10-27 09:00", "2023-10-29", "2023-10-28 16:00"),  # a day is 24 hours: at 3pm in winter, 4pm in summer
        ("2024-03-29 09:00", "2024-03-31", "2024-03-30 14:00"),
    ],
)
def test_a_place_is_held_for_two_weekdays_by_the_clock_and_at_most_until_24_hours_before_the_start(
    booked: str, session_day: str, until: str
) -> None:
    harness = BookingHarness(Date=session_day)
    harness.at(london(booked))
    harness.book("ann", **OUTSIDE)
    _, mail = harness.mails("ann")
    assert f"We hold the place until {moment_in_words(london(until))}" in mail.text

    harness.at(london(until) - timedelta(minutes=1))
    harness.tick()
    assert harness.states() == {"ann": "to-check"}
    harness.at(london(until))
    harness.tick()
    assert harness.states() == {"ann": "cancelled"}
    assert harness.kinds("ann") == ["to confirm", "place held", "place released"]


def test_who_can_no_longer_be_checked_is_passed_over_on_the_waiting_list() -> None:
    harness = BookingHarness(replace(POLICY, cutoff=timedelta(hours=2)), Capacity=1)
    harness.book("ben")
    harness.book("ann", join_waiting_list=True, **OUTSIDE)
    harness.book("cem", join_waiting_list=True)
    harness.at(london("2023-09-08 09:00"))
    harness.cancel("ben")
    harness.tick()
    assert harness.states() == {"ben": "cancelled", "ann": "waiting", "cem": "confirmed"}

    harness.cancel("cem")
    harness.book("dee")
    harness.live(until=london("2023-09-08 15:05"))
    assert harness.states()["dee"] == "confirmed"
    assert harness.kinds("ann") == ["to confirm", "waiting list", "waiting list", ""], (
        "joined, the list has ended, no place"
    )
