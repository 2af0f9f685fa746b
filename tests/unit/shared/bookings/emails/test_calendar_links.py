"""The mails after which a calendar is wrong carry the link that puts it right, and attach nothing."""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from shared.mail.message import EmailMessage
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.test_deleted_sessions import deleted

OUTSIDE: dict[str, Any] = {"email": "ann@personal.example", "works_here": True, "proves": True}


def links(mail: EmailMessage) -> list[str]:
    """The tokens of the calendar links in a mail, which are the same in its text and its HTML."""
    found = [re.findall(r"https://support\.example/calendar/([\w-]+)", part) for part in (mail.text, mail.html)]
    assert found[0] == found[1]
    return found[0]


def opened_file(harness: BookingHarness, mail: EmailMessage) -> tuple[str, Event]:
    """The method and the event of the file that the one calendar link of a mail opens."""
    [token] = links(mail)
    calendar = Calendar.from_ical(harness.self_service().calendar(token, harness.now))
    [event] = calendar.events
    return str(calendar["METHOD"]), event


def rises(numbers: Iterable[int]) -> bool:
    found = list(numbers)
    return found == sorted(set(found))


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
    assert [opened(harness, mail) for mail in harness.mails("ann")] == [("PUBLISH", 6)] * 3


def test_a_place_that_is_held_can_be_put_into_a_calendar_and_is_taken_out_when_it_is_released() -> None:
    harness = BookingHarness()
    harness.book("ann", **OUTSIDE)
    held = opened(harness, harness.mails("ann")[1])
    harness.live(until=london("2023-09-05 09:10"))

    assert harness.kinds("ann") == ["to confirm", "place held", "place released"]
    assert (held, opened(harness, harness.mails("ann")[2])) == (("PUBLISH", 5), ("CANCEL", 7))


def test_an_update_replaces_what_the_calendar_has() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit_session(Time="16:00")
    wait_for(harness)

    assert harness.kinds("ann") == ["booked", "changed"]
    assert opened(harness, harness.mails("ann")[1]) == ("PUBLISH", 10)


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
    assert opened(harness, harness.mails("ann")[1]) == ("CANCEL", 7)


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


def test_the_calendar_link_of_an_earlier_email_leads_to_the_present_entry() -> None:
    harness = BookingHarness()
    harness.book("ann")
    first = harness.mails("ann")[0]
    files = [opened_file(harness, first)]
    harness.cancel("ann")
    files.append(opened_file(harness, first))
    harness.book("ann")
    files.append(opened_file(harness, first))

    assert [method for method, _ in files] == ["PUBLISH", "CANCEL", "PUBLISH"]
    assert len({event.uid for _, event in files}) == 1
    assert rises(event.sequence for _, event in files)
    assert opened_file(harness, harness.mails("ann")[2])[1].uid == files[0][1].uid


def test_a_place_that_is_held_is_tentative_and_becomes_certain() -> None:
    harness = BookingHarness()
    harness.book("ann", **OUTSIDE)
    held = opened_file(harness, harness.mails("ann")[1])
    harness.edit("ann", State="confirmed")
    harness.tick()
    certain = opened_file(harness, harness.mails("ann")[2])

    assert harness.kinds("ann") == ["to confirm", "place held", "booked"]
    assert [(method, event["STATUS"]) for method, event in (held, certain)] == [
        ("PUBLISH", "TENTATIVE"),
        ("PUBLISH", "CONFIRMED"),
    ]
    assert held[1].uid == certain[1].uid
    assert rises([held[1].sequence, certain[1].sequence])


@pytest.mark.parametrize(
    ("less", "kind", "method"), [("waiting", "waiting list", "CANCEL"), ("to-check", "place held", "PUBLISH")]
)
def test_who_is_set_back_by_hand_gets_a_file_that_changes_the_same_entry_and_again_with_the_place(
    less: str, kind: str, method: str
) -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    files = [opened_file(harness, harness.mails("ann")[0])]
    harness.edit("ann", State=less)
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "Ben"})
    wait_for(harness, minutes=5)
    files.append(opened_file(harness, harness.mails("ann")[1]))
    assert opened_file(harness, harness.mails("ann")[0]) == files[1], "and the link of the first email leads there too"
    harness.delete("ben")
    harness.edit("ann", State="confirmed")
    wait_for(harness, minutes=5)
    files.append(opened_file(harness, harness.mails("ann")[2]))

    assert harness.kinds("ann") == ["booked", kind, "booked"]
    assert [method for method, _ in files] == ["PUBLISH", method, "PUBLISH"]
    assert [event["STATUS"] for _, event in files][::2] == ["CONFIRMED", "CONFIRMED"]
    assert len({event.uid for _, event in files}) == 1
    assert rises(event.sequence for _, event in files)


def test_who_is_cancelled_by_the_organiser_gets_a_file_that_takes_the_entry_out() -> None:
    harness = BookingHarness()
    harness.book("ann")
    added = opened_file(harness, harness.mails("ann")[0])
    harness.edit("ann", State="cancelled")
    wait_for(harness, minutes=5)
    method, event = opened_file(harness, harness.mails("ann")[1])

    assert harness.kinds("ann") == ["booked", "no longer booked"]
    assert (method, event.uid, event["STATUS"]) == ("CANCEL", added[1].uid, "CANCELLED")
    assert rises([added[1].sequence, event.sequence])


def test_who_moves_gets_a_file_that_takes_the_other_session_out() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-10-03")
    harness.book("ann")
    added = opened_file(harness, harness.mails("ann")[0])
    harness.move("ann", "s2")

    old, new = (
        Calendar.from_ical(harness.self_service().calendar(token, harness.now)) for token in links_of_move(harness)
    )
    assert (str(old["METHOD"]), old.events[0].uid) == ("CANCEL", added[1].uid)
    assert rises([added[1].sequence, old.events[0].sequence])
    assert str(new["METHOD"]) == "PUBLISH"


def links_of_move(harness: BookingHarness) -> list[str]:
    return links(harness.mails("ann")[1])


@pytest.mark.parametrize("before", ["never", "waited and left"])
def test_who_waits_and_never_had_a_place_is_not_told_of_a_calendar(before: str) -> None:
    harness = BookingHarness(Capacity=0)
    if before != "never":
        harness.book("ann", join_waiting_list=True)
        harness.cancel("ann")
    harness.book("ann", join_waiting_list=True)

    assert harness.kinds("ann")[-1] == "waiting list"
    assert links(harness.mails("ann")[-1]) == []
    assert "calendar" not in harness.mails("ann")[-1].text


def test_every_email_with_a_calendar_link_says_how_to_remove_an_entry_by_hand() -> None:
    harness = BookingHarness(Capacity=1)
    harness.add_session(RowKey="s2", Date="2023-10-03")
    harness.book("ann")
    harness.edit_session(Time="16:00")
    wait_for(harness)
    harness.edit("ann", State="to-check")
    wait_for(harness, minutes=5)
    harness.edit("ann", State="waiting", NeedsCheck="no")
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "Ben"})
    wait_for(harness, minutes=5)
    harness.edit("ann", State="confirmed")
    wait_for(harness, minutes=5)
    harness.at(london("2023-09-07 16:05"))
    harness.tick()
    harness.move("ann", "s2")
    harness.cancel("ann", "s2")
    harness.book("amy", "s2", email="amy@personal.example", works_here=True, proves=True)
    harness.live(until=harness.now + timedelta(days=5))
    harness.book("cem", "s2")
    harness.edit_session("s2", State="cancelled")
    wait_for(harness)

    everything = [*zip(harness.kinds(""), harness.mails(), strict=True)]
    with_link = {kind: mail for kind, mail in everything if links(mail)}
    gone = {"no longer booked", "place released", "cancelled"}
    assert with_link.keys() == {"booked", "changed", "place held", "waiting list", "reminder"} | gone
    assert {kind: "delete it" in mail.text for kind, mail in with_link.items()} == dict.fromkeys(with_link, True)


def test_an_entry_from_before_there_was_a_column_for_the_address_is_still_the_same_entry() -> None:
    """Rows and links that are in use already: their UID was made of the generation alone."""
    for generation in (1, 2, 7):
        harness = BookingHarness()
        harness.book("ann")
        harness.edit("ann", Generation=generation)
        row = harness.row("ann")
        harness.bookings.put({name: cell for name, cell in row.cells.items() if name != "AddressSince"})
        uid = hashlib.sha256(f"2:s1{row.key}-{generation}".encode()).hexdigest()[:32]
        token = harness.token("ann")
        [event] = Calendar.from_ical(harness.self_service().calendar(token, harness.now)).events
        before = event.sequence
        assert event.uid == uid

        harness.cancel("ann")
        harness.book("ann")
        harness.cancel("ann")
        calendar = Calendar.from_ical(harness.self_service().calendar(token, harness.now))
        assert (str(calendar["METHOD"]), calendar.events[0].uid) == ("CANCEL", uid)
        assert calendar.events[0].sequence > before >= 2
