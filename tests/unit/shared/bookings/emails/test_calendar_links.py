"""The mails after which a calendar is wrong carry the link that puts it right, and attach nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from shared.bookings.model.errors import LinkUnknownError
from shared.mail.message import EmailMessage
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.test_deleted_sessions import deleted

OUTSIDE: dict[str, Any] = {"email": "ann@personal.example", "works_for_trust": True}


def links(mail: EmailMessage) -> list[str]:
    """The tokens of the calendar links in a mail, which are the same in its text and its HTML."""
    found = [re.findall(r"https://support\.example/calendar/([\w-]+)", part) for part in (mail.text, mail.html)]
    assert found[0] == found[1]
    return found[0]


def opened(harness: BookingHarness, mail: EmailMessage) -> tuple[str, int]:
    """The method and the sequence of the file that the one calendar link of a mail opens."""
    [token] = links(mail)
    calendar = Calendar.from_ical(harness.self_service().calendar(token, harness.now))
    [event] = calendar.events
    return str(calendar["METHOD"]), event.sequence


def wait_for(harness: BookingHarness, *, minutes: int = 25) -> None:
    harness.live(until=harness.now + timedelta(minutes=minutes))


def test_a_confirmation_and_each_reminder_add_the_session() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]
    assert [opened(harness, mail) for mail in harness.mails("ann")] == [("PUBLISH", 2)] * 3


def test_a_place_that_is_held_can_be_put_into_a_calendar_and_is_taken_out_when_it_is_released() -> None:
    harness = BookingHarness()
    harness.book("ann", **OUTSIDE)
    held = opened(harness, harness.mails("ann")[0])
    harness.live(until=london("2023-09-05 09:10"))

    assert harness.kinds("ann") == ["held", "no longer held"]
    assert (held, opened(harness, harness.mails("ann")[1])) == (("PUBLISH", 2), ("CANCEL", 3))


def test_an_update_replaces_what_the_calendar_has() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit_session(Time="16:00")
    wait_for(harness)

    assert harness.kinds("ann") == ["booked", "changed"]
    assert opened(harness, harness.mails("ann")[1]) == ("PUBLISH", 4)


def test_a_session_that_is_called_off_or_whose_row_is_deleted_is_taken_out() -> None:
    for end in (lambda harness: harness.edit_session(State="cancelled"), deleted):
        harness = BookingHarness()
        harness.book("ann")
        harness.tick()
        end(harness)
        wait_for(harness, minutes=25 * 60)

        assert harness.kinds("ann") == ["booked", "cancelled"]
        assert opened(harness, harness.mails("ann")[1])[0] == "CANCEL"


def test_a_place_that_is_given_up_is_taken_out() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.cancel("ann")

    assert harness.kinds("ann") == ["booked", "no longer booked"]
    assert opened(harness, harness.mails("ann")[1]) == ("CANCEL", 3)


def test_who_waits_has_nothing_to_put_into_a_calendar() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.edit_session(Time="16:00")
    harness.live(until=london("2023-09-08 16:05"))

    assert harness.kinds("ben") == ["waiting list", "changed", "waiting list", ""]
    assert [links(mail) for mail in harness.mails("ben")] == [[], [], [], []]


def test_a_waiting_list_that_is_called_off_leaves_calendars_alone() -> None:
    harness = BookingHarness(Capacity=0)
    harness.book("ben", join_waiting_list=True)
    harness.edit_session(State="cancelled")
    wait_for(harness)

    assert harness.kinds("ben") == ["waiting list", "cancelled"]
    assert links(harness.mails("ben")[1]) == []


def test_the_calendar_link_dies_with_the_booking_s_generation() -> None:
    harness = BookingHarness()
    harness.book("ann")
    [token] = links(harness.mails("ann")[0])
    harness.cancel("ann")
    harness.book("ann")

    with pytest.raises(LinkUnknownError):
        harness.self_service().calendar(token, harness.now)
