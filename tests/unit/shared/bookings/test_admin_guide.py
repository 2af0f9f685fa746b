"""The guide for administrators names every column that they meet, and everything that `Problem` can say.

The tables about cells are tried in memory; `tests/e2e/test_admin_guide.py` tries every table against the running
service.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.bookings.email_log.lost_roster import lost_in_words
from shared.bookings.model.attendee import Roster
from shared.bookings.model.same_person import same_person_problem
from shared.bookings.reconcile.attendance import AttendanceCells
from shared.bookings.reconcile.duplicate_rows import same_key_problem
from shared.bookings.reconcile.failed_session import note_failure
from shared.bookings.reconcile.overbooked import overbooked_problems
from shared.bookings.reconcile.portal_edits import reconcile_row
from shared.bookings.reconcile.stale_saves.cancelled_rows import SET_BACK_PROBLEM
from shared.bookings.reconcile.stray_bookings import stray_problem
from shared.bookings.tables.attendee_rows import read_attendee, write_attendee, write_repeat_request
from shared.bookings.tables.cells.attended import ATTENDED
from shared.bookings.tables.repository import UNREADABLE_ROW
from shared.bookings.tables.session_rows import (
    ASKED_BY_PEOPLE,
    WRITTEN_BY_PEOPLE,
    WRITTEN_BY_SERVICE,
    SessionRow,
    read_session_row,
)
from shared.installation.facts import Installation
from shared.installation.here import use_installation
from shared.numbers.daily_numbers import MONTHS, QUARTERS
from shared.numbers.suppression import FEWER, NOT_KNOWN, NOT_SHOWN, MonthCounts, published_month
from shared.reminder_offsets import parse_offsets
from shared.tables.table import Row
from tests.admin_guide import GUIDE, quoted, section_rows, section_text
from tests.builders import MORNING, attendee, content, london, session, session_cells
from tests.every_row import every_row
from tests.fakes import FakeTable

COLUMNS, OWN_COLUMNS = "Fill in the columns", "Read what the service says"
BOOKINGS = section_text(GUIDE, "Look after bookings")
OF_A_BOOKING = [
    each for row in section_rows(GUIDE, "Put a booking right") for each in quoted(row["`Problem` of the booking says"])
]
PROBLEMS = [
    each
    for section in ("Put a cell right", "Put a session right", "Restore bookings that are missing")
    for each in quoted(section_text(GUIDE, section))
]
# What may be in a cell that makes no sense, column by column; each yields one sentence.
SENSELESS: dict[str, dict[str, Any]] = {
    'Date is "26/10/2023". With "/" between': {"Date": "26/10/2023"},
    'Date is "Thu 29 September 2023". 29': {"Date": "Thu 29 September 2023"},
    'Date is "29 September". Write the year': {"Date": "29 September"},
    'Date is "2023-09-29T15:00:00". It holds': {"Date": "2023-09-29T15:00:00"},
    'Date is "1923-09-29". Write a year': {"Date": "1923-09-29"},
    'Date is "tomorrow".': {"Date": "tomorrow"},
    "Date is empty.": {"Date": ""},
    'Time is "three".': {"Time": "three"},
    'Time is "3:00". 3:00 could be': {"Time": "3:00"},
    'Time is "midnight". It could be': {"Time": "midnight"},
    'Time is "15.3". It could be': {"Time": 15.3},
    'Time is "15:00Z". It names': {"Time": "15:00Z"},
    'Time is "2023-09-29T15:00:00". It holds': {"Time": "2023-09-29T15:00:00"},
    "Time 01:30 does not exist on 2024-03-31": {"Date": "2024-03-31", "Time": "01:30"},
    'Capacity is "twelve".': {"Capacity": "twelve"},
    'Minutes is "long".': {"Minutes": "long"},
    'Capacity is "10001". Write a number': {"Capacity": "10001"},
    'Minutes is "1441". Write a number': {"Minutes": "1441"},
    'State is "opne".': {"State": "opne"},
    'Reminders is "1 day".': {"Reminders": "1 day"},
    'WaitingList is "maybe".': {"WaitingList": "maybe"},
    'Programme is "Practice".': {"Programme": "Practice"},
    'JoinUrl is "teams".': {"JoinUrl": "teams"},
    'FeedbackUrl is "forms".': {"FeedbackUrl": "forms"},
    'JoinUrl is "http://teams.example". It begins': {"JoinUrl": "http://teams.example"},
    'JoinUrl is "https://teams". It names no website': {"JoinUrl": "https://teams"},
    'JoinUrl is "https://teams.example/1 ID". There is a space': {"JoinUrl": "https://teams.example/1 ID"},
    'JoinUrl is "https://a@teams.example". There is "@"': {"JoinUrl": "https://a@teams.example"},
}
READ = [
    (name, cell)
    for row in section_rows(GUIDE, "Write a cell as you like")
    for name in quoted(row["Column"])
    for cell in quoted(row["All of these are read"])
]
ASKED_BACK = [
    (name, cell)
    for row in section_rows(GUIDE, "Write again what could mean two things")
    for name in quoted(row["Column"])
    for cell in quoted(row["These are asked back"])
]


@pytest.fixture(autouse=True)
def _programmes_are_known() -> Iterator[None]:
    use_installation(content().installation)
    yield
    use_installation(Installation())


def read(cells: dict[str, Any]) -> SessionRow:
    return read_session_row(Row(session_cells(**cells), "etag"), parse_offsets("P1D"))


def test_every_column_of_a_session_is_explained() -> None:
    rows = section_rows(GUIDE, COLUMNS) + section_rows(GUIDE, OWN_COLUMNS)

    columns = {name for row in rows for name in quoted(row["Column"])}
    assert columns >= {*WRITTEN_BY_PEOPLE, *WRITTEN_BY_SERVICE}
    asked = {"Send": "Get a list of who has booked", "HoldEmails": "Hold the emails of a session"}
    assert {*ASKED_BY_PEOPLE} == {name for name, said in asked.items() if name in quoted(section_text(GUIDE, said))}


def test_guide_quotes_what_a_session_that_is_over_says_of_who_came() -> None:
    cells, over = AttendanceCells(), london("2023-09-08 16:20")
    told = reconcile_row(read({}), Roster((), ""), MORNING).cells["Announced"]
    said = [cells.when_over(read({"Announced": told} | typed), over)["Notice"] for typed in ({}, {"Attended": 9})]

    assert {ATTENDED, *said} <= set(quoted(" ".join(section_text(GUIDE, "Write down how many people came").split())))


def test_every_column_of_a_booking_is_explained() -> None:
    written = write_attendee(session(), attendee()).keys() | write_repeat_request("s1", attendee()).keys()

    assert {name for name in written if f"`{name}`" not in BOOKINGS} == set()


def test_every_column_of_the_numbers_and_every_text_in_place_of_one_is_explained() -> None:
    counts = MonthCounts(sessions=1, places=20, booked=12, attended=None, cancelled=0, waited=0)
    named = set(quoted(section_text(GUIDE, "Show a board the numbers")))

    assert {*published_month(counts), "Month", "Final", "Quarter", "ReferralsPassedOn"} <= named
    assert {FEWER, NOT_SHOWN, NOT_KNOWN, MONTHS, QUARTERS} <= named


@every_row("says", SENSELESS)
def test_what_problem_says_of_a_cell_is_in_the_guide_as_it_is_said(says: str) -> None:
    [problem] = read(SENSELESS[says]).problems

    assert problem.startswith(says)
    assert any(each.startswith(says.strip()) for each in PROBLEMS)


@every_row("name, cell", READ)
def test_what_the_guide_says_is_read_is_read(name: str, cell: str) -> None:
    row = read({name: cell})

    assert row.problems == ()
    assert row.starts_in_words


@every_row("name, cell", ASKED_BACK)
def test_what_the_guide_says_is_asked_back_is_asked_back(name: str, cell: str) -> None:
    [problem] = read({name: cell}).problems

    assert problem.startswith(f'{name} is "{cell[:40]}". ')


def test_guide_shows_ways_to_write_each_cell_that_can_be_mistyped() -> None:
    mistyped = {name for name in WRITTEN_BY_PEOPLE if read({name: "#"}).problems}

    assert {name for name, _ in READ} == {name for name, _ in ASKED_BACK} == mistyped
    assert len(READ) + len(ASKED_BACK) > 50


def test_guide_names_the_greatest_length_of_each_cell() -> None:
    limits = {"Title": "200", "Theme": "200", "Description": "200", "JoinUrl": "2,000", "Reminders": "200"}
    limits |= {"Place": "200", "Note": "500", "FeedbackUrl": "2,000"}
    for name in WRITTEN_BY_PEOPLE:
        [problem] = read({name: "x" * 4_012}).problems
        assert problem == f"{name} has 4,012 characters. Write at most {limits.get(name, '100')}."
    words = (
        "`Title`, `Theme`, `Description` and `Place` have at most 200 characters, `Note` 500, `JoinUrl` and "
        "`FeedbackUrl` 2,000, `Reminders` 200 and every other cell 100."
    )
    assert words in " ".join(section_text(GUIDE, COLUMNS).split())
    assert "Theme has 4,012 characters. Write at most 200." in PROBLEMS


def test_guide_quotes_the_problem_of_an_unreadable_cell() -> None:
    said = reconcile_row(read({"Announced": "rubbish"}), Roster((), ""), MORNING).cells["Problem"]

    assert any(said.startswith(each.removesuffix(" ...")) for each in PROBLEMS), said


def test_guide_quotes_the_problems_of_a_session_that_a_run_could_not_process() -> None:
    sessions = FakeTable()
    sessions.insert(session_cells())
    row = sessions.get("sessions", "s1")
    assert row is not None
    note_failure(sessions, read_session_row(row, ()), MORNING)
    said = sessions.rows["sessions", "s1"].text("Problem")

    for text in (said, UNREADABLE_ROW, lost_in_words("s1", 3)):
        assert any(text.startswith(each.removesuffix(" ...")) for each in PROBLEMS), text


def test_every_column_that_can_be_mistyped_is_covered_here() -> None:
    mistyped = {name for name in WRITTEN_BY_PEOPLE if read({name: "#"}).problems}

    assert mistyped == {says.split()[0] for says in SENSELESS}


def test_guide_quotes_the_problems_of_a_booked_draft_and_a_past_date() -> None:
    roster = Roster(tuple(attendee(key=f"booking-{letter}") for letter in "abc"), "")
    told = reconcile_row(read({}), roster, MORNING).cells["Announced"]
    for cells in ({"State": "draft"}, {"Date": "2023-08-08"}):
        said = reconcile_row(read(cells | {"Announced": told}), roster, MORNING).cells["Problem"]
        assert any(said.startswith(each.removesuffix(" ...")) for each in PROBLEMS), said


def test_guide_quotes_the_problem_of_a_start_that_is_changed_after_it() -> None:
    roster = Roster((attendee(),), "")
    told = reconcile_row(read({}), roster, MORNING).cells["Announced"]
    said = reconcile_row(read({"Time": "16:00", "Announced": told}), roster, london("2023-09-08 15:05")).cells[
        "Problem"
    ]

    assert any(said.startswith(each.removesuffix(" ...")) for each in PROBLEMS if "started" in each), said


def test_guide_quotes_the_problems_of_a_second_row_and_of_too_few_places() -> None:
    twin, other = (read({"PartitionKey": partition}) for partition in ("sessions", "session"))
    roster = Roster(tuple(attendee(key=f"booking-{letter}") for letter in "ab"), "")
    said = [same_key_problem(twin, (twin, other), twin), *overbooked_problems(session(capacity=1), roster)]

    assert len(said) == 2
    for each in said:
        assert any(each.startswith(quoted.removesuffix(" ...")) for quoted in PROBLEMS), each


@pytest.mark.parametrize(
    "said",
    [
        read_attendee(Row({"PartitionKey": "s1", "RowKey": "a", "State": "conf", "Email": "a@b.uk"}, "")).cell_problems,
        read_attendee(Row({"PartitionKey": "s1", "RowKey": "a", "State": "waiting"}, "")).cell_problems,
        same_person_problem(attendee(name="Ann", same_person="reference 34679CDF")),
        same_person_problem(attendee(same_person="reference 34679CDF", known_email="other@example.nhs.uk")),
        SET_BACK_PROBLEM,
        stray_problem("P8", ["p8"]),
    ],
)
def test_guide_quotes_the_problems_of_a_booking(said: str) -> None:
    quoted = [[part for part in each.split("...") if part.strip()] for each in OF_A_BOOKING]

    assert any(all(part.strip() in said for part in parts) for parts in quoted), said
