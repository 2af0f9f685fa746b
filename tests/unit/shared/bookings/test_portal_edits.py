"""What administrators do in the portal: edits settle, are foretold, and reach everybody once."""

from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError
from tests.builders import london
from tests.unit.shared.bookings.booking_system import House


def booked(*names: str, **cells: Any) -> House:
    house = House(**cells)
    for name in names or ("ann",):
        house.book(name)
    house.tick()
    return house


def settle(house: House) -> None:
    house.live(until=house.now + timedelta(minutes=20))


def test_the_columns_that_a_row_lacks_are_written_so_that_the_portal_offers_them() -> None:
    house = House()
    bare = {"PartitionKey": "any", "RowKey": "bare", "Date": "2023-10-10", "Time": "11:00", "Capacity": 8}
    house.sessions.insert(bare)
    house.tick()

    row = house.session_row("bare")
    assert [row.text(name) for name in ("State", "Minutes", "WaitingList", "Problem")] == ["draft", "75", "yes", ""]
    assert {"Title", "Theme", "JoinUrl", "Reminders", "Confirmed", "Waiting", "Announced", "Notice"} <= set(row.cells)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"Date": ""}, "Date is empty. Write it as 2023-09-08."),
        ({"Date": "26/10/2023"}, 'Date is "26/10/2023". Write it as 2023-09-08.'),
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
    house = House(**cells)
    house.tick()
    assert said in house.session_row().text("Problem")

    house.edit_session(Date="2023-09-08", Time="15:00", Capacity=12, Minutes=75, State="open", Reminders="", JoinUrl="")
    house.edit_session(WaitingList="yes")
    house.tick()
    assert house.session_row().text("Problem") == ""


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
    house = booked(**cells)

    assert house.session_row().text("Problem") == ""
    assert "Friday 8 September 2023, 3pm to 4:15pm" in house.mails("ann")[0].text


def test_a_session_with_a_problem_goes_on_as_it_was_last_announced() -> None:
    house = booked()
    house.edit_session(Time="three")
    settle(house)
    house.at(london("2023-09-08 14:00"))
    house.tick()

    assert house.kinds("ann") == ["booked", "reminder"]
    assert house.book("ben").state == "confirmed"


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
    house = booked("ann", "ben")
    house.edit_session(**cells)
    settle(house)

    for name in ("ann", "ben"):
        assert house.kinds(name) == ["booked", "changed"]
        assert lead in house.mails(name)[1].text


def test_an_edit_is_foretold_and_settles_for_a_quarter_of_an_hour() -> None:
    house = booked("ann", "ben")
    house.edit_session(Time="16:00")
    house.tick()

    notice = "At 9:15am I will tell 2 people: the session moves to Friday 8 September 2023, 4pm to 5:15pm"
    assert house.session_row().text("Notice") == notice
    house.pass_time(minutes=14)
    house.tick()
    assert house.kinds("ann") == ["booked"]
    house.pass_time(minutes=1)
    house.tick()
    assert house.kinds("ann") == ["booked", "changed"]
    assert house.session_row().text("Notice") == ""


def test_an_edit_that_goes_on_begins_to_settle_anew() -> None:
    house = booked()
    house.edit_session(Time="16:00")
    house.tick()
    house.pass_time(minutes=10)
    house.edit_session(Time="17:00")
    house.tick()
    house.pass_time(minutes=10)
    house.tick()
    assert house.kinds("ann") == ["booked"]

    house.pass_time(minutes=5)
    house.tick()
    assert "5pm to 6:15pm" in house.mails("ann")[1].text


def test_an_edit_that_is_taken_back_is_never_told() -> None:
    house = booked()
    house.edit_session(Time="16:00")
    house.tick()
    house.edit_session(Time="15:00")
    settle(house)

    assert house.kinds("ann") == ["booked"]
    assert house.session_row().text("Notice") == ""


def test_a_change_and_its_taking_back_are_both_told_once_the_first_was() -> None:
    house = booked()
    for time in ("16:00", "15:00"):
        house.edit_session(Time=time)
        settle(house)

    assert house.kinds("ann") == ["booked", "changed", "changed"]
    assert "3pm to 4:15pm" in house.mails("ann")[2].text


@pytest.mark.parametrize("cells", [{"JoinUrl": "https://teams.example/join/2"}, {"State": "cancelled"}])
def test_shortly_before_the_start_a_link_or_a_cancellation_is_told_at_once(cells: dict[str, Any]) -> None:
    house = booked()
    house.at(london("2023-09-08 13:05"))
    house.edit_session(**cells)
    house.tick()

    assert {"changed", "cancelled"} & set(house.kinds("ann"))


def test_a_moved_session_is_reminded_of_at_its_new_time_only() -> None:
    house = booked()
    house.edit_session(Date="2023-09-15", Time="11:00")
    house.live(until=london("2023-09-15 12:00"))

    assert house.kinds("ann") == ["booked", "changed", "reminder", "reminder"]


def test_a_cancellation_is_one_mail_each_and_nothing_after_it() -> None:
    house = booked("ann", "ben")
    house.edit_session(State="cancelled")
    house.live(until=london("2023-09-08 17:00"))

    for name in ("ann", "ben"):
        assert house.kinds(name) == ["booked", "cancelled"]


def test_from_the_moment_it_is_written_nobody_books_a_cancelled_session() -> None:
    from shared.bookings.model.errors import SessionClosedError

    house = booked()
    house.edit_session(State="cancelled")
    house.pass_time(minutes=1)

    with pytest.raises(SessionClosedError):
        house.book("ben")


def test_a_session_that_takes_place_after_all_is_announced_and_reminded_of() -> None:
    house = booked()
    house.edit_session(State="cancelled")
    settle(house)
    house.edit_session(State="open")
    house.live(until=london("2023-09-08 15:00"))

    assert house.kinds("ann") == ["booked", "cancelled", "changed", "reminder", "reminder"]
    assert "The session takes place after all" in house.mails("ann")[2].text


def test_a_joining_link_that_came_later_follows() -> None:
    house = booked(JoinUrl="")
    assert "We will send you the link to join" in house.mails("ann")[0].text
    house.edit_session(JoinUrl="https://teams.example/late")
    settle(house)

    assert "Here is the joining link" in house.mails("ann")[1].text
    assert "https://teams.example/late" in house.mails("ann")[1].text


def test_a_draft_with_bookings_goes_on_and_says_what_to_write_instead() -> None:
    house = booked()
    house.edit_session(State="draft")
    house.live(until=london("2023-09-08 15:00"))

    assert house.kinds("ann") == ["booked", "reminder", "reminder"]
    assert "State is draft, but 1 have booked" in house.session_row().text("Problem")


def test_two_rows_with_one_key_are_pointed_out() -> None:
    house = House()
    house.sessions.insert(dict(house.session_row().cells) | {"PartitionKey": "other"})
    house.tick()

    assert all("Another row has the same RowKey" in row.text("Problem") for row in house.sessions.query())


def test_a_row_added_to_the_roster_by_hand_is_counted_and_told_the_truth_to() -> None:
    house = House(Capacity=1)
    house.bookings.insert(
        {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "Email": "dee@example.nhs.uk", "State": "confirmed"}
    )
    house.tick()

    assert house.kinds("dee") == ["booked"]
    assert house.session_row().text("Confirmed") == "1"


def test_a_row_without_an_address_is_flagged_and_stops_nobody() -> None:
    house = booked()
    house.bookings.insert({"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "State": "confirmed"})
    house.tick()
    house.tick()

    assert house.row("dee").text("Problem") == "Email is not one address, so no mail can be sent."
    assert house.book("ben").state == "confirmed"


def test_a_word_in_state_that_means_nothing_changes_nothing_and_is_pointed_out() -> None:
    house = booked()
    house.edit("ann", State="conf")
    house.tick()

    assert house.row("ann").text("State") == "confirmed"
    assert 'State was "conf"' in house.row("ann").text("Problem")
    assert house.kinds("ann") == ["booked"]


def test_who_was_cancelled_by_hand_is_told_and_may_be_put_back_by_hand() -> None:
    house = booked()
    house.edit("ann", State="cancelled")
    house.tick()
    house.pass_time(minutes=5)
    house.edit("ann", State="confirmed")
    house.tick()

    assert house.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_another_address_typed_by_hand_gets_a_confirmation_of_its_own() -> None:
    house = booked()
    house.edit("ann", Email="ann.new@example.nhs.uk")
    house.tick()
    house.tick()

    assert [mail.to for mail in house.sender.messages] == ["ann@example.nhs.uk", "ann.new@example.nhs.uk"]
    assert house.book("ann", email="ann.new@example.nhs.uk").state == "confirmed"
    assert len(house.rows()) == 1, "the same person has one booking"


def test_a_row_that_was_deleted_is_not_brought_back() -> None:
    house = booked("ann", "ben")
    house.delete("ann")
    settle(house)

    assert house.states() == {"ben": "confirmed"}


def test_the_counts_that_people_read_are_right_and_never_read_back() -> None:
    house = House(Capacity=1)
    house.book("ann")
    house.book("ben", join_waiting_list=True)
    house.tick()
    assert (house.session_row().text("Confirmed"), house.session_row().text("Waiting")) == ("1", "1")

    house.edit_session(Confirmed=0, Waiting=0, Capacity=1)
    house.tick()
    assert (house.session_row().text("Confirmed"), house.states()["ben"]) == ("1", "waiting")


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
def test_a_cell_at_the_end_of_all_numbers_stops_nobody(cells: dict[str, Any]) -> None:
    house = House()
    house.add_session(**{"RowKey": "odd"} | cells)
    house.book("ann")
    house.tick()

    assert "s1" in [opening.session.id for opening in house.booking().openings(house.now)]
    assert house.kinds("ann") == ["booked"]


def test_a_roster_cell_at_the_end_of_all_numbers_stops_nobody() -> None:
    house = booked("ann", "ben")
    house.edit("ann", StateAt="9999-12-31T23:59:59Z", BookedAt="0001-01-01T00:00:00Z", Generation="9" * 4400)
    house.at(london("2023-09-08 14:00"))
    house.tick()

    assert house.kinds("ben") == ["booked", "reminder"]


def test_who_books_anew_after_their_row_was_deleted_gets_a_confirmation_of_their_own() -> None:
    house = booked()
    old = house.token("ann")
    house.delete("ann")
    house.pass_time(minutes=5)
    house.tick()
    house.pass_time(minutes=1)
    house.book("ann")
    house.tick()

    assert house.kinds("ann") == ["booked", "booked"]
    with pytest.raises(LinkUnknownError):
        house.managing().look(old, house.now)


def test_a_date_in_the_past_is_a_slip_that_is_pointed_out_and_not_told() -> None:
    house = booked()
    house.edit_session(Date="2022-09-08")
    house.live(until=london("2023-09-01 10:00"))

    assert "Date and Time are in the past" in house.session_row().text("Problem")
    assert house.session_row().text("Notice") == ""
    house.live(until=london("2023-09-08 15:00"))
    assert house.kinds("ann") == ["booked", "reminder", "reminder"]


def test_nobody_is_reminded_of_a_time_that_they_have_not_heard_of() -> None:
    house = booked()
    house.edit_session(State="cancelled")
    settle(house)
    house.at(london("2023-09-07 16:00"))
    house.edit_session(State="open")
    settle(house)
    house.pass_time(minutes=5)
    house.tick()

    assert house.kinds("ann") == ["booked", "cancelled", "changed", "reminder"]


@pytest.mark.parametrize("time", [15.3, "15.3"])
def test_a_time_that_an_editor_made_a_number_of_is_asked_for_again(time: object) -> None:
    house = House(Time=time)
    house.tick()

    assert 'Time is "15.3"' in house.session_row().text("Problem")


def test_somebody_typed_in_by_hand_with_a_blank_in_the_key_has_a_calendar_file() -> None:
    house = House()
    typed = {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Dee", "Email": "dee@example.nhs.uk"}
    house.bookings.insert(typed | {"State": "confirmed"})
    house.tick()

    assert b"BEGIN:VEVENT" in house.managing().calendar(house.token("dee"), house.now)


@pytest.mark.parametrize("less", ["waiting", "to-check"])
def test_who_is_set_back_by_hand_and_gets_a_place_again_is_told_of_each_step(less: str) -> None:
    house = House(Capacity=1)
    house.book("ann")
    house.edit("ann", State=less)
    house.bookings.insert({"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "Ben"})
    house.pass_time(minutes=5)
    house.tick()
    assert house.kinds("ann") == ["booked", {"waiting": "waiting list", "to-check": "held"}[less]]

    house.delete("ben")
    if less == "to-check":
        house.edit("ann", State="confirmed")
    house.pass_time(minutes=5)
    house.tick()
    house.tick()

    assert house.states() == {"ann": "confirmed"}
    assert house.kinds("ann")[2:] == ["booked"]


def test_who_is_set_back_by_hand_and_has_a_place_again_at_once_hears_nothing() -> None:
    house = House()
    house.book("ann")
    house.edit("ann", State="waiting")
    house.pass_time(minutes=5)
    house.tick()

    assert house.states() == {"ann": "confirmed"}
    assert house.kinds("ann") == ["booked"]


def test_who_cancelled_and_was_typed_in_by_hand_since_gets_no_second_place() -> None:
    house = House()
    house.book("ann")
    house.cancel("ann")
    by_hand = {"PartitionKey": "s1", "RowKey": "x", "State": "confirmed", "Name": "By hand"}
    house.bookings.insert(by_hand | {"Email": "Ann@example.nhs.uk"})
    house.tick()

    house.book("ann")

    assert house.states() == {"ann": "cancelled", "by hand": "confirmed"}
