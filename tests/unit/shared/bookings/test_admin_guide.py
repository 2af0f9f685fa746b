"""The guide for administrators names every column that they meet, and everything that `Problem` can say."""

import re
from typing import Any

import pytest

from shared.bookings.model.attendee import Roster
from shared.bookings.reconcile.portal_edits import reconcile_row
from shared.bookings.tables.attendee_rows import write_attendee
from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE, WRITTEN_BY_SERVICE, SessionRow, read_session_row
from shared.reminder_offsets import parse_offsets
from shared.tables.table import Row
from tests.builders import MORNING, ROOT, attendee, session, session_cells

GUIDE = (ROOT / "docs" / "admin.md").read_text("utf-8")
SESSIONS, BOOKINGS = GUIDE.partition("## The table `Sessions`")[2].split("## The table `Bookings`")
PROBLEMS = re.findall(r"`([^`]+)`", SESSIONS.partition("### What `Problem` says")[2])
# What may be in a cell that makes no sense, column by column; each yields one sentence.
SENSELESS: dict[str, dict[str, Any]] = {
    'Date is "26/10/2023". Write': {"Date": "26/10/2023"},
    "Date is empty.": {"Date": ""},
    'Time is "three".': {"Time": "three"},
    "Time 01:30 does not exist on 2024-03-31": {"Date": "2024-03-31", "Time": "01:30"},
    'Capacity is "twelve".': {"Capacity": "twelve"},
    'Minutes is "long".': {"Minutes": "long"},
    'State is "opne".': {"State": "opne"},
    'Reminders is "1 day".': {"Reminders": "1 day"},
    'WaitingList is "maybe".': {"WaitingList": "maybe"},
    'JoinUrl is "': {"JoinUrl": "teams"},
}


def read(cells: dict[str, Any]) -> SessionRow:
    return read_session_row(Row(session_cells(**cells), "etag"), parse_offsets("P1D"))


def test_every_column_of_a_session_is_explained() -> None:
    named = re.findall(r"^\| (`.+?`) \|", SESSIONS, re.MULTILINE)

    columns = {name for cell in named for name in re.findall(r"`(\w+)`", cell)}
    assert columns >= {*WRITTEN_BY_PEOPLE, *WRITTEN_BY_SERVICE}


def test_every_column_of_a_booking_is_explained() -> None:
    written = write_attendee(session(), attendee()).keys() | {"AskedAgainAt"}

    assert {name for name in written if f"`{name}`" not in BOOKINGS} == set()


@pytest.mark.parametrize("says", SENSELESS)
def test_what_problem_says_of_a_cell_is_in_the_guide_as_it_is_said(says: str) -> None:
    [problem] = read(SENSELESS[says]).problems

    assert problem.startswith(says)
    assert any(each.startswith(says.strip()) for each in PROBLEMS)


@pytest.mark.parametrize("cells", [{"Title": "x" * 1_001}, {"Announced": "rubbish"}])
def test_guide_quotes_the_problems_of_a_long_text_and_an_unreadable_cell(cells: dict[str, Any]) -> None:
    said = reconcile_row(read(cells), Roster((), ""), MORNING).cells["Problem"]

    assert any(said.startswith(each.removesuffix(" ...")) for each in PROBLEMS), said


def test_every_column_that_can_be_mistyped_is_covered_here() -> None:
    mistyped = {name for name in WRITTEN_BY_PEOPLE if read({name: "#"}).problems}

    assert mistyped == {says.split()[0] for says in SENSELESS}


def test_guide_quotes_the_problems_of_a_booked_draft_and_a_past_date() -> None:
    roster = Roster(tuple(attendee(key=f"booking-{letter}") for letter in "abc"), "")
    told = reconcile_row(read({}), roster, MORNING).cells["Announced"]
    for cells in ({"State": "draft"}, {"Date": "2023-08-08"}):
        said = reconcile_row(read(cells | {"Announced": told}), roster, MORNING).cells["Problem"]
        assert any(said.startswith(each.removesuffix(" ...")) for each in PROBLEMS), said
