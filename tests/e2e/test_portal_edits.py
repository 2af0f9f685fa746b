"""Edits of the tables by hand, through the running host: the portal writes whatever it likes."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty, UpdateMode

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import AddSession, act_form, mails_to, person, prove, roster, rows
from tests.e2e.http_client import Answer, get, get_json, post_form, post_json

JOIN_URL = "https://teams.example/join/1"
# No test sends more than the email service allows; all of them together, at one moment of the clock, do.
NO_BUDGET = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, settings=NO_BUDGET, load=None) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh_morning(stack: Stack) -> None:
    """It is 9am on 1 September 2023 again, and the tables that an administrator sees are empty."""
    stack.settle()
    for name in ("Service", "Sessions", "Bookings"):
        table = rows(stack, name)
        for row in table.list_entities():
            table.delete_entity(row)
    stack.set_clock(MORNING)
    stack.settle()


# What people and the service do.


def ask(stack: Stack, session_id: str, name: str, **changes: Any) -> Answer:
    return post_json(f"{stack.site}/bookings", person(session_id, name, full_name=name.title(), **changes))


def book(stack: Stack, session_id: str, *names: str, **changes: Any) -> None:
    """One after the other; who gets no place waits."""
    for name in names:
        answer = ask(stack, session_id, name, **{"join_waiting_list": True} | changes)
        assert answer.status == 201, answer.text
    stack.settle()


def tick(stack: Stack) -> None:
    stack.tick()
    stack.settle()


def ticks(stack: Stack, times: int) -> None:
    for _ in range(times):
        stack.tick()


def jump_to(stack: Stack, at: datetime) -> None:
    """Five minutes or more, so that the timer runs by itself."""
    stack.set_clock(at)
    stack.settle()


def in_minutes(minutes: float) -> datetime:
    return MORNING + timedelta(minutes=minutes)


# What an administrator does.


def edit_session(stack: Stack, session_id: str, **cells: Any) -> None:
    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id} | cells)


def put_session(stack: Stack, session_id: str, **cells: Any) -> None:
    """Saves a row as the portal does: all of it, and without the columns that were taken out of it."""
    kept = {name: value for name, value in session_cells(RowKey=session_id, **cells).items() if value is not None}
    rows(stack, "Sessions").upsert_entity(kept, UpdateMode.REPLACE)


def delete_session(stack: Stack, session_id: str) -> None:
    rows(stack, "Sessions").delete_entity("sessions", session_id)


def add_person(stack: Stack, session_id: str, name: str, **cells: Any) -> None:
    """Adds a row to a roster with the few cells that an administrator knows."""
    row = {"PartitionKey": session_id, "RowKey": f"{name} by hand", "Name": name.title(), "State": "confirmed"}
    rows(stack, "Bookings").create_entity(row | {"Email": address(session_id, name)} | cells)


def edit_person(stack: Stack, session_id: str, name: str, **cells: Any) -> None:
    rows(stack, "Bookings").update_entity(keys(stack, session_id, name) | cells)


def delete_person(stack: Stack, session_id: str, name: str) -> None:
    rows(stack, "Bookings").delete_entity(keys(stack, session_id, name))


# What can be seen.


def address(session_id: str, name: str) -> str:
    return f"{name}@{session_id}.nhs.net"


def keys(stack: Stack, session_id: str, name: str) -> dict[str, str]:
    return {key: person_row(stack, session_id, name)[key] for key in ("PartitionKey", "RowKey")}


def person_row(stack: Stack, session_id: str, name: str) -> Mapping[str, Any]:
    [found] = [row for row in roster(stack, session_id) if row.get("Name") == name.title()]
    return dict(found)


def session_row(stack: Stack, session_id: str) -> Mapping[str, Any]:
    return dict(rows(stack, "Sessions").get_entity("sessions", session_id))


def problem(stack: Stack, session_id: str) -> str:
    return str(session_row(stack, session_id).get("Problem", "none was looked for"))


def states(stack: Stack, session_id: str) -> dict[str, str]:
    return {row["Name"].casefold(): row["State"] for row in roster(stack, session_id)}


def kinds(stack: Stack, session_id: str, name: str) -> list[str]:
    """Subjects of someone's emails, without the date: `booked`, `changed`."""
    subjects = [mail["content"]["subject"] for mail in mails_to(stack, address(session_id, name))]
    return [subject.removeprefix("Staff session").partition(":")[0].strip() for subject in subjects]


def last_text(stack: Stack, session_id: str, name: str) -> str:
    return str(mails_to(stack, address(session_id, name))[-1]["content"]["plainText"])


def link(stack: Stack, session_id: str, name: str) -> str:
    [found] = re.findall(r"http://[\d.:]+/manage/[\w-]+", last_text(stack, session_id, name))
    return str(found)


def all_keys(stack: Stack) -> set[tuple[str, str, str]]:
    """The keys of every row that an administrator can delete."""
    tables = ("Sessions", "Bookings")
    found = [(name, row) for name in tables for row in rows(stack, name).list_entities()]
    return {(name, row["PartitionKey"], row["RowKey"]) for name, row in found}


# Cells of any type.

NUMBER = EntityProperty(12, EdmType.INT64)
WHATEVER_THE_PORTAL_WRITES: dict[str, dict[str, Any]] = {
    "numbers as text": {"Capacity": "12", "Minutes": "75"},
    "numbers as doubles": {"Capacity": 12.0, "Minutes": 75.0},
    "numbers as Int64": {"Capacity": NUMBER, "Minutes": EntityProperty(75, EdmType.INT64)},
    "text with blanks around it": {"Date": " 2023-09-08 ", "Time": " 15:00", "State": "Open ", "Capacity": " 12"},
    "a day as a date and time": {"Date": datetime(2023, 9, 8, tzinfo=UTC)},
    "a day that is midnight in London": {"Date": datetime(2023, 9, 7, 23, tzinfo=UTC)},
    "a day in words": {"Date": "Fri 8 September 2023", "Time": "3 p.m."},
    "a time as digits": {"Date": "2023-9-8", "Time": 1500},
    "a time as a date and time": {"Time": datetime(1970, 1, 1, 15, tzinfo=UTC)},
    "invisible signs": {
        "State": "\N{ZERO WIDTH SPACE}open",
        "Capacity": "12\N{NO-BREAK SPACE}",
        "JoinUrl": f"<{JOIN_URL}>",
    },
    "words as booleans": {"WaitingList": True},
    "columns that nobody filled in": {"Title": None, "Theme": None, "Reminders": None, "Minutes": None},
}


def test_a_session_is_understood_whatever_types_its_cells_have(stack: Stack, add_session: AddSession) -> None:
    added = {why: add_session() for why in WHATEVER_THE_PORTAL_WRITES}
    for why, session_id in added.items():
        put_session(stack, session_id, **WHATEVER_THE_PORTAL_WRITES[why])
    tick(stack)
    for session_id in added.values():
        book(stack, session_id, "ann")

    assert {why: problem(stack, session_id) for why, session_id in added.items()} == dict.fromkeys(added, "")
    for session_id in added.values():
        assert "Friday 8 September 2023, 3pm to 4:15pm" in last_text(stack, session_id, "ann")
        assert session_row(stack, session_id).keys() >= session_cells().keys(), "so that the portal offers each column"
        assert session_row(stack, session_id)["Starts"] == "Fri 8 Sep 2023, 3pm to 4:15pm"
    offered = {each["id"]: each["places_left"] for each in get_json(f"{stack.site}/sessions").json["sessions"]}
    assert offered == dict.fromkeys(added.values(), 11)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"Date": None}, "Date is empty. Write it as 2023-09-08."),
    (
        {"Time": None, "Date": "8/9/2023"},
        'Date is "8/9/2023". With "/" between numbers, day and month can be read either',
    ),
    ({"Time": None, "Date": "8.9.2023"}, "Write it as 2023-09-08 or 8 September 2023. Time is empty."),
    ({"Time": "3:00"}, 'Time is "3:00". 3:00 could be in the morning or the afternoon: write 3pm or 03:00.'),
    ({"Capacity": "1_0"}, 'Capacity is "1_0". Write the number of places, for example 12.'),
    ({"Theme": "x" * 30_000}, "Theme has 30,000 characters. Write at most 200."),
    (
        {"JoinUrl": f"{JOIN_URL} Meeting ID: 123"},
        "There is a space in it. Paste the link alone, or leave the cell empty.",
    ),
    ({"Time": 15.0}, 'Time is "15". Write it as 15:00, in London time.'),
    ({"Capacity": None}, "Capacity is empty. Write the number of places, for example 12."),
    ({"Capacity": 12.5}, 'Capacity is "12.5". Write the number of places, for example 12.'),
    ({"Capacity": float("nan")}, 'Capacity is "nan". Write the number of places, for example 12.'),
    ({"Capacity": EntityProperty(-(2**62), EdmType.INT64)}, f'Capacity is "{-(2**62)}". Write the number of places'),
    ({"Minutes": False}, 'Minutes is "False". Write how many minutes it lasts, for example 75.'),
    ({"State": "opne"}, 'State is "opne". Write draft, open, closed or cancelled.'),
    ({"Reminders": 24}, 'Reminders is "24". Write P1D,PT1H or none.'),
    ({"WaitingList": "perhaps"}, 'WaitingList is "perhaps". Write yes or no.'),
    ({"JoinUrl": b"\x00\xff"}, "Write an address that begins with https://, or leave it empty."),
    ({"Date": "2024-03-31", "Time": "01:30"}, "Time 01:30 does not exist on 2024-03-31"),
    ({"Date": "2023-10-29", "Time": "01:30"}, "Time 01:30 comes twice on 2023-10-29"),
]


def test_what_cannot_be_understood_is_named_within_one_run_and_cleared_when_it_is_mended(
    stack: Stack, add_session: AddSession
) -> None:
    added = [(add_session(), cells, said) for cells, said in MISTAKES]
    for session_id, cells, _ in added:
        put_session(stack, session_id, **cells)
    stack.tick()
    assert [said for session_id, _, said in added if said not in problem(stack, session_id)] == []

    for session_id, _, _ in added:
        put_session(stack, session_id)
    stack.tick()
    assert {problem(stack, session_id) for session_id, _, _ in added} == {""}
    assert {ask(stack, session_id, "ann").status for session_id, _, _ in added} == {201}


def test_a_time_that_a_portal_turned_into_a_number_is_never_taken_for_another_time(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    put_session(stack, session_id, Time=float("15.30"))
    tick(stack)

    assert "Time is" in problem(stack, session_id)


def test_a_session_that_someone_booked_goes_on_as_announced_while_its_row_has_a_problem(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    put_session(stack, session_id, Time="three", Announced=session_row(stack, session_id)["Announced"])
    for at in ("2023-09-01 09:20", "2023-09-07 15:00"):
        jump_to(stack, london(at))

    assert kinds(stack, session_id, "ann") == ["booked", "reminder"]
    assert "Friday 8 September 2023, 3pm to 4:15pm" in last_text(stack, session_id, "ann")
    assert ask(stack, session_id, "ben").status == 201


RUBBISH: list[dict[str, Any]] = [
    {"Name": 7, "Email": 12.5, "State": True},
    {"Name": "No state", "Email": "no-state@test.nhs.net"},
    {"Name": "To check", "Email": "check@test.nhs.net", "State": "to-check", "NeedsCheck": "yes"},
    {"Name": "Waits", "Email": "a, b@test.nhs.net", "State": "waiting", "WaitingSince": 0},
    {"State": "confirmed", "Generation": "x" * 500, "BookedAt": "yesterday", "Mail": 1.5, "Releases": "1|2|3"},
    {"State": "confirmed", "Email": "z@test.nhs.net", "StateAt": "9999-12-31T23:59:59Z", "Generation": NUMBER},
    {"State": "to-check", "NeedsCheck": True, "StateAt": "9999-12-31T23:59:59Z", "BookedAt": "0001-01-01T00:00:00Z"},
    {"KnownState": "waiting", "KnownEmail": 5, "Reason": "none", "AskedAgainAt": datetime(2023, 9, 1, tzinfo=UTC)},
    {},
]


def test_no_bad_row_stops_the_others(stack: Stack, add_session: AddSession) -> None:
    good, bad = add_session(Capacity=20), add_session(Capacity=20)
    book(stack, good, "ann")
    for session_id in (good, bad):
        for number, cells in enumerate(RUBBISH):
            row = {"PartitionKey": session_id, "RowKey": f"{number} 'by' hand & more"}
            rows(stack, "Bookings").create_entity(row | cells)
    for cells, _ in MISTAKES:
        put_session(stack, add_session(), **cells)
    rows(stack, "Sessions").create_entity({"PartitionKey": "", "RowKey": ""})
    rows(stack, "Sessions").create_entity(session_cells(RowKey=bad, PartitionKey="twice"))
    edit_session(stack, bad, Announced='{"told": [{"starts": "9999-12-31T23:59:00Z"}]}', Seen="x y", Confirmed="many")

    for at in ("2023-09-01 09:05", "2023-09-07 15:00"):
        jump_to(stack, london(at))

    assert kinds(stack, good, "ann") == ["booked", "reminder"]
    assert "Another row has the same RowKey" in problem(stack, bad)
    assert ask(stack, good, "ben").status == 201


# Changing a session.


def test_a_new_time_is_foretold_settles_for_a_quarter_of_an_hour_and_is_one_email_each(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann", "ben")
    edit_session(stack, session_id, Time="16:00")

    tick(stack)
    foretold = "2 people will be emailed at 9:15am: the session moves to Friday 8 September 2023, 4pm to 5:15pm"
    assert session_row(stack, session_id)["Notice"] == foretold
    jump_to(stack, in_minutes(14))
    assert kinds(stack, session_id, "ann") == kinds(stack, session_id, "ben") == ["booked"]

    for minutes in (16, 20, 25):
        jump_to(stack, in_minutes(minutes))
    assert session_row(stack, session_id)["Notice"] == ""
    for name in ("ann", "ben"):
        assert kinds(stack, session_id, name) == ["booked", "changed"]
        changes = "- The session moves to Friday 8 September 2023, 4pm to 5:15pm"
        assert changes in last_text(stack, session_id, name)
        assert "Friday 8 September 2023, 4pm to 5:15pm" in get(link(stack, session_id, name)).text


def test_several_edits_in_a_row_are_one_email_that_says_all_of_it(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    for minutes, cells in ((0, {"Time": "16:00"}), (10, {"Theme": "Rest"}), (20, {"JoinUrl": f"{JOIN_URL}0"})):
        jump_to(stack, in_minutes(minutes))
        edit_session(stack, session_id, **cells)
        tick(stack)
    jump_to(stack, in_minutes(30))
    assert kinds(stack, session_id, "ann") == ["booked"]

    jump_to(stack, in_minutes(36))
    assert kinds(stack, session_id, "ann") == ["booked", "changed"]
    said = last_text(stack, session_id, "ann")
    words = ("The session moves to", "The joining link has changed", "The theme is now Rest", f"{JOIN_URL}0")
    assert [each for each in words if each not in said] == []


def test_an_edit_that_is_taken_back_in_time_is_told_to_nobody(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    edit_session(stack, session_id, Date="2023-09-15")
    tick(stack)
    edit_session(stack, session_id, Date="2023-09-08")
    for minutes in (5, 20, 25):
        jump_to(stack, in_minutes(minutes))

    assert session_row(stack, session_id)["Notice"] == ""
    assert kinds(stack, session_id, "ann") == ["booked"]


def test_reminders_follow_the_new_time_and_the_old_one_is_silent(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    edit_session(stack, session_id, Date="2023-09-15", Time="11:00")
    moments = ("2023-09-01 09:05", "2023-09-01 09:25", "2023-09-07 15:00", "2023-09-08 14:00", "2023-09-08 17:00")
    for at in moments:
        jump_to(stack, london(at))
    assert kinds(stack, session_id, "ann") == ["booked", "changed"]

    for at in ("2023-09-14 11:00", "2023-09-15 10:00", "2023-09-15 11:00"):
        jump_to(stack, london(at))
    assert kinds(stack, session_id, "ann") == ["booked", "changed", "reminder", "reminder"]


def test_a_session_that_is_called_off_takes_nobody_and_tells_everybody_once_and_nothing_after_it(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    edit_session(stack, session_id, State="cancelled")
    assert ask(stack, session_id, "cy").status == 409
    for at in ("2023-09-01 09:05", "2023-09-01 09:15"):
        jump_to(stack, london(at))
    assert kinds(stack, session_id, "ann") == ["booked"]

    for at in ("2023-09-01 09:21", "2023-09-01 09:30", "2023-09-07 15:00", "2023-09-08 14:00", "2023-09-08 15:00"):
        jump_to(stack, london(at))
    assert kinds(stack, session_id, "ann") == ["booked", "cancelled"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "cancelled"]


def test_a_session_that_takes_place_after_all_is_announced_and_reminded_of(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    for day, state in ((1, "cancelled"), (2, "open")):
        edit_session(stack, session_id, State=state)
        for at in (f"2023-09-0{day} 09:30", f"2023-09-0{day} 09:50"):
            jump_to(stack, london(at))
    assert kinds(stack, session_id, "ann") == ["booked", "cancelled", "changed"]
    assert "- The session takes place after all" in last_text(stack, session_id, "ann")

    jump_to(stack, london("2023-09-08 14:00"))
    assert kinds(stack, session_id, "ann")[3:] == ["reminder"]
    assert ask(stack, session_id, "ben").status == 201


def test_shortly_before_the_start_a_cancellation_is_told_on_the_next_run(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    jump_to(stack, london("2023-09-08 13:30"))
    edit_session(stack, session_id, State="cancelled")
    tick(stack)

    assert kinds(stack, session_id, "ann")[-1] == "cancelled"


def test_start_moved_shortly_before_it_is_told_in_time_and_one_that_has_passed_is_not_told(
    stack: Stack, add_session: AddSession
) -> None:
    later, earlier, passed = (add_session() for _ in range(3))
    for session_id in (later, earlier, passed):
        book(stack, session_id, "ann")
    jump_to(stack, london("2023-09-08 14:45"))
    for session_id, time in ((later, "16:00"), (earlier, "14:55"), (passed, "14:30")):
        edit_session(stack, session_id, Time=time)
    jump_to(stack, london("2023-09-08 14:51"))

    assert kinds(stack, later, "ann") == kinds(stack, earlier, "ann") == ["booked", "reminder", "changed"]
    assert "moves to Friday 8 September 2023, 4pm to 5:15pm" in last_text(stack, later, "ann")
    assert "moves to Friday 8 September 2023, 2:55pm to 4:10pm" in last_text(stack, earlier, "ann")
    assert "Date and Time are in the past" in problem(stack, passed)

    edit_session(stack, passed, JoinUrl=f"{JOIN_URL}0")
    for clock in ("15:06", "15:22"):
        jump_to(stack, london(f"2023-09-08 {clock}"))
    assert "no one is told of another Date and Time" in problem(stack, passed)
    assert kinds(stack, passed, "ann") == ["booked", "reminder", "changed"]
    assert "- The joining link has changed" in last_text(stack, passed, "ann")
    assert "Friday 8 September 2023, 3pm to 4:15pm" in last_text(stack, passed, "ann")


def test_reminders_wait_while_a_cancellation_or_a_new_start_settles_and_are_not_sent_after_it(
    stack: Stack, add_session: AddSession
) -> None:
    off, moved, kept = add_session(), add_session(Date="2023-09-14"), add_session()
    for session_id in (off, moved, kept):
        book(stack, session_id, "ann")
    jump_to(stack, london("2023-09-07 14:51"))
    edit_session(stack, off, State="cancelled")
    edit_session(stack, moved, Date="2023-09-08", Time="14:58")
    edit_session(stack, kept, Time="16:00")
    for clock in ("14:56", "15:01"):
        jump_to(stack, london(f"2023-09-07 {clock}"))
    edit_session(stack, kept, Time="15:00")
    assert kinds(stack, off, "ann") == kinds(stack, moved, "ann") == kinds(stack, kept, "ann") == ["booked"]

    for clock in ("15:06", "15:12", "15:18", "15:24"):
        jump_to(stack, london(f"2023-09-07 {clock}"))
    assert kinds(stack, off, "ann") == ["booked", "cancelled"]
    assert kinds(stack, moved, "ann") == ["booked", "changed"], "its reminder would say the same once more"
    assert kinds(stack, kept, "ann") == ["booked", "reminder"], "the edit was taken back"

    jump_to(stack, london("2023-09-08 14:00"))
    assert kinds(stack, moved, "ann") == ["booked", "changed", "reminder"]


def test_changed_joining_link_is_not_told_to_who_waits(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    for minutes, number in ((5, 2), (25, 3)):
        edit_session(stack, session_id, JoinUrl=f"{JOIN_URL}{number}")
        jump_to(stack, in_minutes(minutes))
        said = "1 person will be emailed at"
        assert str(session_row(stack, session_id)["Notice"]).startswith(said)
        jump_to(stack, in_minutes(minutes + 16))

    assert kinds(stack, session_id, "ann") == ["booked", "changed", "changed"]
    assert kinds(stack, session_id, "ben") == ["waiting list"]


def test_more_places_are_given_to_who_waits_in_order_and_fewer_take_none_away(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben", "cy", "dee")
    edit_session(stack, session_id, Capacity="3")
    tick(stack)
    given = {"ann": "confirmed", "ben": "confirmed", "cy": "confirmed", "dee": "waiting"}
    assert states(stack, session_id) == given
    assert kinds(stack, session_id, "ben") == kinds(stack, session_id, "cy") == ["waiting list", "booked"]

    edit_session(stack, session_id, Capacity=1.0)
    for minutes in (5, 25):
        jump_to(stack, in_minutes(minutes))
    assert states(stack, session_id) == given
    assert (session_row(stack, session_id)["Confirmed"], session_row(stack, session_id)["Waiting"]) == (3, 1)
    assert kinds(stack, session_id, "cy") == ["waiting list", "booked"]


def test_a_joining_link_that_is_added_later_is_sent_to_who_has_a_place_and_to_nobody_else(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(JoinUrl="", Capacity=1)
    book(stack, session_id, "ann", "ben")
    assert "We will send you the link to join" in last_text(stack, session_id, "ann")
    edit_session(stack, session_id, JoinUrl=JOIN_URL)
    for minutes in (5, 21):
        jump_to(stack, in_minutes(minutes))

    assert JOIN_URL in last_text(stack, session_id, "ann")
    assert JOIN_URL not in str(mails_to(stack, address(session_id, "ben")))


# Rosters.


def test_someone_added_by_hand_is_counted_and_confirmed_and_their_link_works(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    add_person(stack, session_id, "dee")
    tick(stack)

    assert ask(stack, session_id, "ann").status == 409
    assert kinds(stack, session_id, "dee") == ["booked"]
    assert session_row(stack, session_id)["Confirmed"] == 1
    assert "Your place is booked" in get(link(stack, session_id, "dee")).text
    dee = link(stack, session_id, "dee")
    assert post_form(f"{dee}/cancel", act_form(stack, dee, "cancel")).status == 303
    assert states(stack, session_id) == {"dee": "cancelled"}


def test_someone_added_by_hand_gets_a_calendar_file(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    add_person(stack, session_id, "dee")
    tick(stack)

    assert get(link(stack, session_id, "dee").replace("/manage/", "/calendar/")).status == 200


def test_someone_added_by_hand_is_not_reminded_of_what_they_were_just_told(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    stack.set_clock(london("2023-09-07 20:00"))
    add_person(stack, session_id, "dee")
    tick(stack)

    assert kinds(stack, session_id, "dee") == ["booked"]


def test_someone_added_by_hand_to_be_checked_is_held_a_place_for(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    add_person(stack, session_id, "dee", State="to-check", NeedsCheck="yes")
    tick(stack)

    assert states(stack, session_id) == {"dee": "to-check"}


def test_who_is_cancelled_by_hand_is_told_and_the_place_goes_to_who_waits(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    edit_person(stack, session_id, "ann", State="Cancelled")
    tick(stack)

    assert states(stack, session_id) == {"ann": "cancelled", "ben": "confirmed"}
    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "booked"]


def test_who_is_confirmed_by_hand_after_all_gets_a_confirmation_with_a_new_link(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    old = link(stack, session_id, "ann")
    for state in ("cancelled", "confirmed"):
        edit_person(stack, session_id, "ann", State=state)
        tick(stack)

    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked", "booked"]
    shown = [get(address) for address in (old, link(stack, session_id, "ann"))]
    assert [page.status for page in shown] == [200, 200], "the same person's booking, by an earlier link as well"
    assert all("Your place is booked" in page.text for page in shown)


def test_a_corrected_address_gets_a_confirmation_and_the_wrong_one_loses_its_link(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    wrong = link(stack, session_id, "ann")
    edit_person(stack, session_id, "ann", Email=address(session_id, "anne"))
    for minutes in (5, 10):
        jump_to(stack, in_minutes(minutes))

    assert kinds(stack, session_id, "ann") == kinds(stack, session_id, "anne") == ["booked"]
    assert (get(wrong).status, get(link(stack, session_id, "anne")).status) == (404, 200)


def test_a_roster_cell_that_means_nothing_is_pointed_out_and_changes_nothing(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann", "ben")
    row = rows(stack, "Bookings").get_entity(**_as_arguments(keys(stack, session_id, "ben")))
    without = {name: value for name, value in row.items() if name not in ("State", "Generation", "StateAt")}
    rows(stack, "Bookings").update_entity(without, UpdateMode.REPLACE)
    edit_person(stack, session_id, "ann", State="conf", Generation="1", NeedsCheck=0.0)
    tick(stack)

    assert states(stack, session_id) == {"ann": "confirmed", "ben": "confirmed"}
    assert 'State was "conf". Write confirmed' in person_row(stack, session_id, "ann")["Problem"]
    assert "State was empty. Write confirmed" in person_row(stack, session_id, "ben")["Problem"]
    assert kinds(stack, session_id, "ann") == kinds(stack, session_id, "ben") == ["booked"]
    jump_to(stack, in_minutes(5))
    assert person_row(stack, session_id, "ann")["Problem"] == ""


def _as_arguments(found: dict[str, str]) -> dict[str, str]:
    return {"partition_key": found["PartitionKey"], "row_key": found["RowKey"]}


def test_someone_who_is_to_be_checked_gets_the_joining_link_when_confirmed_is_typed(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    outsider = f"out@{session_id}.example"
    answer = ask(stack, session_id, "out", email=outsider, works_here=True)
    stack.settle()
    prove(stack, outsider)
    tick(stack)
    asked, held = mails_to(stack, outsider)
    assert asked["content"]["subject"].startswith("Staff session to confirm")
    assert JOIN_URL not in str(asked)
    assert (answer.status, answer.json["state"]) == (201, "to-check")
    assert held["content"]["subject"].startswith("Staff session place held")
    assert JOIN_URL not in str(held)
    assert ask(stack, session_id, "ann").status == 409, "the place is held"

    edit_person(stack, session_id, "out", State="confirmed")
    for minutes in (5, 10):
        jump_to(stack, in_minutes(minutes))
    *_, confirmed = mails_to(stack, outsider)
    assert confirmed["content"]["subject"].startswith("Staff session booked")
    assert JOIN_URL in confirmed["content"]["plainText"]
    jump_to(stack, london("2023-09-06 09:00"))
    assert states(stack, session_id) == {"out": "confirmed"}, "a deadline no longer matters"


def test_nobody_who_was_not_checked_in_two_weekdays_keeps_others_waiting(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "out", email=f"out@{session_id}.example", works_here=True)
    prove(stack, f"out@{session_id}.example")
    book(stack, session_id, "ann")
    jump_to(stack, london("2023-09-05 08:55"))
    assert states(stack, session_id) == {"out": "to-check", "ann": "waiting"}

    jump_to(stack, london("2023-09-05 09:05"))
    assert states(stack, session_id) == {"out": "cancelled", "ann": "confirmed"}
    subjects = [mail["content"]["subject"] for mail in mails_to(stack, f"out@{session_id}.example")]
    said = [subject.partition(":")[0].removeprefix("Staff session ") for subject in subjects]
    assert said == ["to confirm", "place held", "place released"]


# Deleting.


def test_a_deleted_booking_stays_deleted_is_told_nothing_and_frees_its_place(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    mine = link(stack, session_id, "ann")
    delete_person(stack, session_id, "ann")
    for at in (in_minutes(5), in_minutes(10), london("2023-09-07 15:00"), london("2023-09-08 14:00")):
        jump_to(stack, at)

    assert states(stack, session_id) == {"ben": "confirmed"}
    assert kinds(stack, session_id, "ann") == ["booked"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "booked", "reminder", "reminder"]
    assert (get(mine).status, post_form(f"{mine}/cancel", {}).status) == (404, 404)


def test_who_books_again_after_their_row_was_deleted_gets_a_confirmation_and_a_link_of_their_own(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    old = link(stack, session_id, "ann")
    delete_person(stack, session_id, "ann")
    jump_to(stack, in_minutes(5))
    book(stack, session_id, "ann")
    tick(stack)

    assert states(stack, session_id) == {"ann": "confirmed"}
    assert kinds(stack, session_id, "ann") == ["booked", "booked"]
    assert get(old).status == 404


def test_rows_that_are_deleted_while_the_schedule_runs_stay_deleted(stack: Stack, add_session: AddSession) -> None:
    session_id, doomed = add_session(Capacity=3), add_session(Capacity=3)
    names = [f"person {letter}" for letter in "abcdef"]
    for each in (session_id, doomed):
        for number, name in enumerate(names):
            add_person(stack, each, name, State="waiting" if number > 2 else "confirmed", Email=f"{number}@nhs.net")
    before = all_keys(stack)
    gone = [("Bookings", each, f"{name} by hand") for each in (session_id, doomed) for name in names[:4]]
    gone.append(("Sessions", "sessions", doomed))

    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(ticks, stack, 6)
        for table, partition, key in gone:
            rows(stack, table).delete_entity(partition, key)
        running.result()
    for minutes in (5, 10):
        jump_to(stack, in_minutes(minutes))

    left = {key for key in all_keys(stack) if key[2] != "guard"}
    assert left == before - set(gone)
    assert states(stack, session_id) == {"person e": "confirmed", "person f": "confirmed"}


def test_attendees_of_a_deleted_session_are_told_after_a_day_and_once(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Date="2023-09-22", Capacity=1)
    book(stack, session_id, "ann", "ben")
    tick(stack)
    delete_session(stack, session_id)
    for minutes in (5, 60, 23 * 60 + 55):
        jump_to(stack, in_minutes(minutes))
    assert kinds(stack, session_id, "ann") == ["booked"]

    for hours in (24.2, 25, 48, 14 * 24, 20 * 24):
        jump_to(stack, in_minutes(hours * 60))
    assert kinds(stack, session_id, "ann") == ["booked", "cancelled"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "cancelled"]
    assert [row["RowKey"] for row in rows(stack, "Sessions").list_entities()] == []


def test_attendees_of_a_deleted_session_are_told_two_hours_before_it_would_have_started(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    tick(stack)
    jump_to(stack, london("2023-09-08 12:00"))
    delete_session(stack, session_id)
    tick(stack)
    told = kinds(stack, session_id, "ann")
    jump_to(stack, london("2023-09-08 13:00"))

    assert "cancelled" not in told
    assert kinds(stack, session_id, "ann") == [*told, "cancelled"]


def test_a_session_that_is_put_back_within_a_day_goes_on_as_if_nothing_had_happened(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    tick(stack)
    delete_session(stack, session_id)
    jump_to(stack, in_minutes(5))
    put_session(stack, session_id)
    for at in (in_minutes(10), in_minutes(30), london("2023-09-03 09:00"), london("2023-09-07 15:00")):
        jump_to(stack, at)

    assert kinds(stack, session_id, "ann") == ["booked", "reminder"]


def test_a_session_that_is_put_back_with_another_time_is_told_as_every_change_is(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    tick(stack)
    delete_session(stack, session_id)
    jump_to(stack, in_minutes(5))
    put_session(stack, session_id, Time="17:00")
    for minutes in (10, 26, 30):
        jump_to(stack, in_minutes(minutes))

    assert kinds(stack, session_id, "ann") == ["booked", "changed"]


def test_who_was_told_that_a_deleted_session_is_off_hears_when_it_is_put_back(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    tick(stack)
    delete_session(stack, session_id)
    for hours in (1, 26):
        jump_to(stack, in_minutes(hours * 60))
    assert kinds(stack, session_id, "ann") == ["booked", "cancelled"]
    put_session(stack, session_id)
    for hours in (27, 28):
        jump_to(stack, in_minutes(hours * 60))

    assert kinds(stack, session_id, "ann") == ["booked", "cancelled", "changed"]


def test_the_link_in_an_email_still_opens_while_the_row_of_a_session_is_missing(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    tick(stack)
    delete_session(stack, session_id)
    jump_to(stack, in_minutes(5))

    assert get(link(stack, session_id, "ann")).status == 200
