"""Edits of administrators in the portal settle, are foretold, and reach everyone once."""

from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError
from tests.builders import london
from tests.every_row import every_row
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.unreadable_cells import announced_json


def booked(*names: str, **cells: Any) -> BookingHarness:
    harness = BookingHarness(**cells)
    for name in names or ("ann",):
        harness.book(name)
    harness.tick()
    return harness


def settle(harness: BookingHarness) -> None:
    harness.live(until=harness.now + timedelta(minutes=20))


def test_the_columns_that_a_row_lacks_are_written_so_that_the_portal_offers_them() -> None:
    harness = BookingHarness()
    bare = {"PartitionKey": "any", "RowKey": "bare", "Date": "2023-10-10", "Time": "11:00", "Capacity": 8}
    harness.sessions.insert(bare)
    harness.tick()

    row = harness.session_row("bare")
    assert [row.text(name) for name in ("State", "Minutes", "WaitingList", "Problem")] == ["draft", "75", "yes", ""]
    assert {"Title", "Theme", "JoinUrl", "Reminders", "Starts"} <= set(row.cells)
    assert {"Confirmed", "Waiting", "Announced", "Notice"} <= set(row.cells)


@every_row(
    "cells, said",
    [
        ({"Date": ""}, "Date is empty. Write it as 2023-09-08."),
        (
            {"Date": "26/10/2023"},
            'Date is "26/10/2023". With "/" between numbers, day and month can be read either way',
        ),
        ({"Date": "26/10/2023"}, "Write it as 2023-09-08 or 8 September 2023."),
        ({"Time": "three"}, 'Time is "three". Write it as 15:00, in London time.'),
        ({"Capacity": "twelve"}, 'Capacity is "twelve". Write the number of places, for example 12.'),
        ({"Capacity": -1}, 'Capacity is "-1". Write the number of places, for example 12.'),
        ({"Minutes": "long"}, 'Minutes is "long". Write how many minutes it lasts, for example 75.'),
        ({"State": "opne"}, 'State is "opne". Write draft, open, closed or cancelled.'),
        ({"Reminders": "1 day"}, 'Reminders is "1 day". Write P1D,PT1H or none.'),
        ({"WaitingList": "maybe"}, 'WaitingList is "maybe". Write yes or no.'),
        ({"JoinUrl": "teams"}, 'JoinUrl is "teams". Write an address that begins with https://, or leave it empty.'),
        ({"Date": "2024-03-31", "Time": "01:30"}, "Time 01:30 does not exist on 2024-03-31"),
        ({"Date": "2023-10-29", "Time": "01:30"}, "Time 01:30 comes twice on 2023-10-29"),
    ],
)
def test_a_cell_that_cannot_be_understood_is_named_within_one_tick_and_cleared_when_mended(
    cells: dict[str, Any], said: str
) -> None:
    harness = BookingHarness(**cells)
    harness.tick()
    assert said in harness.session_row().text("Problem")

    harness.edit_session(
        Date="2023-09-08", Time="15:00", Capacity=12, Minutes=75, State="open", Reminders="", JoinUrl=""
    )
    harness.edit_session(WaitingList="yes")
    harness.tick()
    assert harness.session_row().text("Problem") == ""


@pytest.mark.parametrize(
    "cells",
    [
        {"Capacity": "12", "Minutes": "75"},
        {"Capacity": 12.0, "Minutes": 75.0},
        {"Capacity": ("12", "Edm.Int64")},
        {"Time": "15:00:00"},
        {"Time": "3pm"},
        {"Date": "2023-09-08T00:00:00Z"},
        {"State": "Open"},
        {"WaitingList": "TRUE"},
    ],
)
def test_a_cell_whose_type_or_shape_an_editor_changed_is_read_all_the_same(cells: dict[str, Any]) -> None:
    harness = booked(**cells)

    assert harness.session_row().text("Problem") == ""
    assert "Friday 8 September 2023, 3pm to 4:15pm" in harness.mails("ann")[0].text


def test_a_session_with_a_problem_goes_on_as_it_was_last_announced() -> None:
    harness = booked()
    harness.edit_session(Time="three")
    settle(harness)
    harness.at(london("2023-09-08 14:00"))
    harness.tick()

    assert harness.kinds("ann") == ["booked", "reminder"]
    assert harness.book("ben").state == "confirmed"


@pytest.mark.parametrize(
    ("cells", "lead"),
    [
        ({"Time": "16:00"}, "The session moves to Friday 8 September 2023, 4pm to 5:15pm"),
        ({"Date": "2023-09-15"}, "The session moves to Friday 15 September 2023, 3pm to 4:15pm"),
        ({"Minutes": 90}, "The session now ends at 4:30pm"),
        ({"JoinUrl": "https://teams.example/join/2"}, "The joining link has changed"),
        ({"Theme": "Rest"}, "The theme is now Rest"),
    ],
)
def test_a_change_is_one_mail_that_leads_with_what_changed(cells: dict[str, Any], lead: str) -> None:
    harness = booked("ann", "ben")
    harness.edit_session(**cells)
    settle(harness)

    for name in ("ann", "ben"):
        assert harness.kinds(name) == ["booked", "changed"]
        assert lead in harness.mails(name)[1].text


def test_edit_is_previewed_in_notice_and_emailed_after_fifteen_minutes() -> None:
    harness = booked("ann", "ben")
    harness.edit_session(Time="16:00")
    harness.tick()

    notice = "2 people will be emailed at 9:15am: the session moves to Friday 8 September 2023, 4pm to 5:15pm"
    assert harness.session_row().text("Notice") == notice
    harness.pass_time(minutes=14)
    harness.tick()
    assert harness.kinds("ann") == ["booked"]
    harness.pass_time(minutes=1)
    harness.tick()
    assert harness.kinds("ann") == ["booked", "changed"]
    assert harness.session_row().text("Notice") == ""


def test_further_edit_restarts_the_fifteen_minutes() -> None:
    harness = booked()
    harness.edit_session(Time="16:00")
    harness.tick()
    harness.pass_time(minutes=10)
    harness.edit_session(Time="17:00")
    harness.tick()
    harness.pass_time(minutes=10)
    harness.tick()
    assert harness.kinds("ann") == ["booked"]

    harness.pass_time(minutes=5)
    harness.tick()
    assert "5pm to 6:15pm" in harness.mails("ann")[1].text


def test_an_edit_that_is_taken_back_is_never_told() -> None:
    harness = booked()
    harness.edit_session(Time="16:00")
    harness.tick()
    harness.edit_session(Time="15:00")
    settle(harness)

    assert harness.kinds("ann") == ["booked"]
    assert harness.session_row().text("Notice") == ""


def test_reverting_an_announced_change_is_announced_too() -> None:
    harness = booked()
    for time in ("16:00", "15:00"):
        harness.edit_session(Time=time)
        settle(harness)

    assert harness.kinds("ann") == ["booked", "changed", "changed"]
    assert "3pm to 4:15pm" in harness.mails("ann")[2].text


@pytest.mark.parametrize("cells", [{"JoinUrl": "https://teams.example/join/2"}, {"State": "cancelled"}])
def test_shortly_before_the_start_a_link_or_a_cancellation_is_told_at_once(cells: dict[str, Any]) -> None:
    harness = booked()
    harness.at(london("2023-09-08 13:05"))
    harness.edit_session(**cells)
    harness.tick()

    assert {"changed", "cancelled"} & set(harness.kinds("ann"))


def test_a_moved_session_is_reminded_of_at_its_new_time_only() -> None:
    harness = booked()
    harness.edit_session(Date="2023-09-15", Time="11:00")
    harness.live(until=london("2023-09-15 12:00"))

    assert harness.kinds("ann") == ["booked", "changed", "reminder", "reminder"]


def test_a_cancellation_is_one_mail_each_and_nothing_after_it() -> None:
    harness = booked("ann", "ben")
    harness.edit_session(State="cancelled")
    harness.live(until=london("2023-09-08 17:00"))

    for name in ("ann", "ben"):
        assert harness.kinds(name) == ["booked", "cancelled"]


def test_from_the_moment_it_is_written_nobody_books_a_cancelled_session() -> None:
    from shared.bookings.model.errors import SessionClosedError

    harness = booked()
    harness.edit_session(State="cancelled")
    harness.pass_time(minutes=1)

    with pytest.raises(SessionClosedError):
        harness.book("ben")


def test_a_session_that_takes_place_after_all_is_announced_and_reminded_of() -> None:
    harness = booked()
    harness.edit_session(State="cancelled")
    settle(harness)
    harness.edit_session(State="open")
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "cancelled", "changed", "reminder", "reminder"]
    assert "The session takes place after all" in harness.mails("ann")[2].text


def test_a_joining_link_that_came_later_follows() -> None:
    harness = booked(JoinUrl="")
    assert "We will send you the link to join" in harness.mails("ann")[0].text
    harness.edit_session(JoinUrl="https://teams.example/late")
    settle(harness)

    assert "Here is the joining link" in harness.mails("ann")[1].text
    assert "https://teams.example/late" in harness.mails("ann")[1].text


def test_a_draft_with_bookings_goes_on_and_says_what_to_write_instead() -> None:
    harness = booked()
    harness.edit_session(State="draft")
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]
    assert "State is draft, but 1 have booked" in harness.session_row().text("Problem")


def test_starts_says_what_was_understood_and_is_written_only_when_it_changes() -> None:
    harness = BookingHarness(Date="28 September 2023", Time="3 p.m.")
    harness.tick()
    assert harness.session_row().text("Starts") == "Thu 28 Sep 2023, 3pm to 4:15pm"

    etag = harness.session_row().etag
    harness.tick()
    assert harness.session_row().etag == etag

    harness.edit_session(Time="3:00", Starts="whatever someone typed")
    harness.tick()
    assert harness.session_row().text("Starts") == ""
    assert "3:00 could be in the morning or the afternoon: write 3pm or 03:00." in harness.session_row().text("Problem")


def test_an_hour_that_could_be_two_leaves_the_session_as_it_was_announced() -> None:
    harness = booked()
    harness.edit_session(Time="3:00")
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


@pytest.mark.parametrize("name", ["Title", "Theme"])
def test_a_text_too_long_for_today_stays_announced_as_it_was(name: str) -> None:
    long = "x" * 500
    told = {"Title": announced_json(title=long), "Theme": announced_json({"theme": long})}[name]
    harness = booked(**{name: long, "Announced": told})
    settle(harness)

    assert harness.session_row().text("Problem") == f"{name} has 500 characters. Write at most 200."
    assert harness.kinds("ann") == ["booked"]
    assert getattr(harness.repository().session("s1"), name.lower()) == long
    assert harness.book("ben").state == "confirmed"


def test_a_link_that_was_announced_with_a_bracket_is_emailed_once_without_it() -> None:
    broken = "https://teams.example/join/1>"
    harness = booked(JoinUrl=broken, Announced=announced_json({"join_url": broken}))
    settle(harness)

    assert harness.kinds("ann") == ["booked", "changed"]
    assert "https://teams.example/join/1\n" in harness.mails("ann")[1].text


@pytest.mark.parametrize("sign", ["\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}", "\N{LEFT-TO-RIGHT MARK}", "\r\n"])
def test_invisible_signs_in_an_attendees_row_are_not_read(sign: str) -> None:
    harness = BookingHarness()
    typed = {
        "Name": f"Dee\N{NO-BREAK SPACE}Day{sign}",
        "Email": f"dee@example.nhs.uk{sign}",
        "State": f"Confirmed{sign}",
    }
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "Reminders": f"no{sign}"} | typed)
    harness.tick()

    attendee = harness.repository().attendee("s1", "x")
    assert attendee is not None
    assert (attendee.name, attendee.email, attendee.reminders) == ("Dee Day", "dee@example.nhs.uk", False)
    assert harness.kinds("dee") == ["booked"]
    assert harness.bookings.query(RowKey="x")[0].text("Problem") == ""


def test_name_keeps_what_its_script_needs() -> None:
    harness = BookingHarness()
    name = "می\N{ZERO WIDTH NON-JOINER}نا"
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "Name": name, "State": "confirmed"})

    attendee = harness.repository().attendee("s1", "x")
    assert attendee is not None
    assert attendee.name == name


@pytest.mark.parametrize(("name", "most"), [("Name", 100), ("Adjustments", 500), ("Reference", 100), ("Session", 100)])
def test_attendees_cell_that_is_too_long_is_named_and_cut(name: str, most: int) -> None:
    harness = booked("ann", "ben")
    harness.edit("ann", **{name: "x" * 30_000})
    harness.tick()

    [row] = [row for row in harness.rows() if row.text("Email") == "ann@example.nhs.uk"]
    assert row.text("Problem") == f"{name} has 30,000 characters. Write at most {most}."
    attendee = harness.repository().attendee("s1", row.key)
    assert attendee is not None
    if name != "Session":
        assert getattr(attendee, name.lower()) == "x" * (most - 1) + "…"
    assert harness.kinds("ann") == ["booked"]


def test_attendee_whose_address_or_state_is_too_long_goes_on_as_known() -> None:
    harness = booked()
    harness.edit("ann", Email="x" * 30_000, State="confirmed" * 1_000)
    harness.tick()
    row = harness.row("ann")
    assert "Email has 30,000 characters. Write at most 254." in row.text("Problem")
    assert "State has 9,000 characters. Write at most 100." in row.text("Problem")

    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_two_rows_with_one_key_are_pointed_out() -> None:
    harness = BookingHarness()
    harness.sessions.insert(dict(harness.session_row().cells) | {"PartitionKey": "other"})
    harness.tick()

    assert all("Another row has the same RowKey" in row.text("Problem") for row in harness.sessions.query())


def test_row_added_to_the_roster_by_hand_is_counted_and_confirmed() -> None:
    harness = BookingHarness(Capacity=1)
    harness.bookings.insert(
        {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "Email": "dee@example.nhs.uk", "State": "confirmed"}
    )
    harness.tick()

    assert harness.kinds("dee") == ["booked"]
    assert harness.session_row().text("Confirmed") == "1"


def test_a_row_without_an_address_is_flagged_and_stops_nobody() -> None:
    harness = booked()
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "State": "confirmed"})
    harness.tick()
    harness.tick()

    assert harness.row("dee").text("Problem") == "Email is not one address, so no email can be sent."
    assert harness.book("ben").state == "confirmed"


def test_a_word_in_state_that_means_nothing_changes_nothing_and_is_pointed_out() -> None:
    harness = booked()
    harness.edit("ann", State="conf")
    harness.tick()

    assert harness.row("ann").text("State") == "confirmed"
    assert 'State was "conf"' in harness.row("ann").text("Problem")
    assert harness.kinds("ann") == ["booked"]


def test_who_was_cancelled_by_hand_is_told_and_may_be_put_back_by_hand() -> None:
    harness = booked()
    harness.edit("ann", State="cancelled")
    harness.tick()
    harness.pass_time(minutes=5)
    harness.edit("ann", State="confirmed")
    harness.tick()

    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_another_address_typed_by_hand_gets_a_confirmation_of_its_own() -> None:
    harness = booked()
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.tick()
    harness.tick()

    assert [mail.to for mail in harness.sender.messages] == ["ann@example.nhs.uk", "ann.new@example.nhs.uk"]
    assert harness.book("ann", email="ann.new@example.nhs.uk").state == "confirmed"
    assert len(harness.rows()) == 1, "the same person has one booking"


def test_a_row_that_was_deleted_is_not_brought_back() -> None:
    harness = booked("ann", "ben")
    harness.delete("ann")
    settle(harness)

    assert harness.states() == {"ben": "confirmed"}


def test_the_counts_that_people_read_are_right_and_never_read_back() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.tick()
    assert (harness.session_row().text("Confirmed"), harness.session_row().text("Waiting")) == ("1", "1")

    harness.edit_session(Confirmed=0, Waiting=0, Capacity=1)
    harness.tick()
    assert (harness.session_row().text("Confirmed"), harness.states()["ben"]) == ("1", "waiting")


@pytest.mark.parametrize(
    "cells",
    [
        {"Minutes": "99999999999"},
        {"Date": "9999-12-31", "Time": "23:30"},
        {"Date": "0001-01-01"},
        {"Capacity": "9" * 4400},
        {"Announced": '{"told": [{"starts": "9999-12-31T23:59:00Z"}]}'},
    ],
)
def test_extreme_session_values_stop_no_other_session(cells: dict[str, Any]) -> None:
    harness = BookingHarness()
    harness.add_session(**{"RowKey": "odd"} | cells)
    harness.book("ann")
    harness.tick()

    assert "s1" in [opening.session.id for opening in harness.booking().bookable_sessions(harness.now)]
    assert harness.kinds("ann") == ["booked"]


def test_extreme_roster_values_stop_no_other_attendee() -> None:
    harness = booked("ann", "ben")
    harness.edit("ann", StateAt="9999-12-31T23:59:59Z", BookedAt="0001-01-01T00:00:00Z", Generation="9" * 4400)
    harness.at(london("2023-09-08 14:00"))
    harness.tick()

    assert harness.kinds("ben") == ["booked", "reminder"]


def test_who_books_anew_after_their_row_was_deleted_gets_a_confirmation_of_their_own() -> None:
    harness = booked()
    old = harness.token("ann")
    harness.delete("ann")
    harness.pass_time(minutes=5)
    harness.tick()
    harness.pass_time(minutes=1)
    harness.book("ann")
    harness.tick()

    assert harness.kinds("ann") == ["booked", "booked"]
    with pytest.raises(LinkUnknownError):
        harness.self_service().find(old, harness.now)


def test_a_date_in_the_past_is_a_slip_that_is_pointed_out_and_not_told() -> None:
    harness = booked()
    harness.edit_session(Date="2022-09-08")
    harness.live(until=london("2023-09-01 10:00"))

    assert "Date and Time are in the past" in harness.session_row().text("Problem")
    assert harness.session_row().text("Notice") == ""
    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_nobody_is_reminded_of_a_time_that_they_have_not_heard_of() -> None:
    harness = booked()
    harness.edit_session(State="cancelled")
    settle(harness)
    harness.at(london("2023-09-07 16:00"))
    harness.edit_session(State="open")
    settle(harness)
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.kinds("ann") == ["booked", "cancelled", "changed"], "the update has just told the time"

    harness.live(until=london("2023-09-08 14:00"))
    assert harness.kinds("ann") == ["booked", "cancelled", "changed", "reminder"]


@pytest.mark.parametrize("time", [15.3, "15.3"])
def test_time_that_an_editor_stored_as_a_number_is_reported(time: object) -> None:
    harness = BookingHarness(Time=time)
    harness.tick()

    assert 'Time is "15.3"' in harness.session_row().text("Problem")


def test_someone_typed_in_by_hand_with_a_blank_in_the_key_has_a_calendar_file() -> None:
    harness = BookingHarness()
    typed = {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "Email": "dee@example.nhs.uk"}
    harness.bookings.insert(typed | {"State": "confirmed"})
    harness.tick()

    assert b"BEGIN:VEVENT" in harness.self_service().calendar(harness.token("dee"), harness.now)


@pytest.mark.parametrize("less", ["waiting", "to-check"])
def test_attendee_demoted_by_hand_and_later_reinstated_is_told_each_step(less: str) -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.edit("ann", State=less)
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "Ben"})
    harness.pass_time(minutes=5)
    harness.tick()
    assert harness.kinds("ann") == ["booked", {"waiting": "waiting list", "to-check": "place held"}[less]]

    harness.delete("ben")
    if less == "to-check":
        harness.edit("ann", State="confirmed")
    harness.pass_time(minutes=5)
    harness.tick()
    harness.tick()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann")[2:] == ["booked"]


def test_attendee_demoted_by_hand_and_reinstated_at_once_is_told_nothing() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit("ann", State="waiting")
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann") == ["booked"]


def test_who_cancelled_and_was_typed_in_by_hand_since_gets_no_second_place() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.cancel("ann")
    by_hand = {"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "By hand"}
    harness.bookings.insert(by_hand | {"Email": "Ann@example.nhs.uk"})
    harness.tick()

    harness.book("ann")

    assert harness.states() == {"ann": "cancelled", "by hand": "confirmed"}
