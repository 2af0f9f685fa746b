"""Cells of a session's row as people write them: what has one meaning is read, anything else is asked back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE, SessionRow, read_session_row
from shared.reminder_offsets import parse_offsets
from shared.tables.table import Row
from tests.builders import london, session_cells
from tests.every_row import every_row

OFFSETS = parse_offsets("P1D,PT1H")
LINK = "https://teams.example/l/meetup-join/1?context=%7b%22Tid%22%3a%221%22%7d"


def read(**cells: Any) -> SessionRow:
    return read_session_row(Row(session_cells(**cells), "etag"), OFFSETS)


def written(name: str, **cells: Any) -> Any:
    row = read(**cells)
    assert row.problems == ()
    assert row.written is not None
    return getattr(row.written, name)


def problem(**cells: Any) -> str:
    row = read(**cells)
    assert row.written is None
    [said] = row.problems
    return said


THE_29TH_OF_SEPTEMBER = [
    "2023-09-29",
    "2023-9-29",
    "2023/09/29",
    "20230929",
    "2023\N{EN DASH}09\N{EN DASH}29",
    "２０２３-０９-２９",  # full-width digits, as a Japanese keyboard writes them
    "2023-09-29 00:00",
    "2023-09-29T00:00:00",
    "2023-09-29T00:00:00Z",
    "2023-09-29T00:00:00.000Z",
    "2023-09-29T00:00:00.0000000Z",  # as storage exports a DateTime
    "2023-09-29 00:00:00+00:00",
    "2023-09-29T00:00:00+01:00",
    "2023-09-28T23:00:00Z",  # midnight in London, in summer
    "2023-09-28T23:00:00.0000000Z",
    datetime(2023, 9, 29, tzinfo=UTC),
    datetime(2023, 9, 28, 23, tzinfo=UTC),
    20230929,
    "29 September 2023",
    "29 Sep 2023",
    "29 Sept. 2023",
    "29th September 2023",
    "29th of September, 2023",
    "29-Sep-2023",
    "29 SEPTEMBER 2023",
    "September 29, 2023",
    "Fri 29 September 2023",
    "Friday, 29 September 2023",
    "Friday 2023-09-29",
    "29\N{NO-BREAK SPACE}September\N{NARROW NO-BREAK SPACE}2023",
    "\N{ZERO WIDTH SPACE}2023-09-29\N{ZERO WIDTH NO-BREAK SPACE}",
    "\N{RIGHT-TO-LEFT ISOLATE}29 September 2023\N{POP DIRECTIONAL ISOLATE}\r\n",
]

EITHER_WAY_ROUND = "between numbers, day and month can be read either way round. Write it as 2023-09-08 or 8 September"

DAY_ALONE = "It holds a time of day. Write the day alone, as 2023-09-08."

DATES_ASKED_BACK = {
    "03/04/2023": f'Date is "03/04/2023". With "/" {EITHER_WAY_ROUND} 2023.',
    "26/10/2023": f'Date is "26/10/2023". With "/" {EITHER_WAY_ROUND} 2023.',
    "3.4.2023": f'Date is "3.4.2023". With "." {EITHER_WAY_ROUND} 2023.',
    "03-04-2023": f'Date is "03-04-2023". With "-" {EITHER_WAY_ROUND} 2023.',
    "3/4/23": f'Date is "3/4/23". With "/" {EITHER_WAY_ROUND} 2023.',
    "Fri 29/09/2023": f'Date is "Fri 29/09/2023". With "/" {EITHER_WAY_ROUND} 2023.',
    "Thu 29 September 2023": 'Date is "Thu 29 September 2023". 29 September 2023 is a Friday. Correct one of them.',
    "Friday 2023-09-28": 'Date is "Friday 2023-09-28". 28 September 2023 is a Thursday. Correct one of them.',
    "29 September": 'Date is "29 September". Write the year too, in four digits, as in 8 September 2023.',
    "29 Sep 23": 'Date is "29 Sep 23". Write the year too, in four digits, as in 8 September 2023.',
    "2023-09-29T15:00:00": f'Date is "2023-09-29T15:00:00". {DAY_ALONE}',
    "2023-09-29T22:00:00Z": f'Date is "2023-09-29T22:00:00Z". {DAY_ALONE}',
    "2023-09-28T23:00:00": f'Date is "2023-09-28T23:00:00". {DAY_ALONE}',
    "2023-12-01T23:00:00Z": f'Date is "2023-12-01T23:00:00Z". {DAY_ALONE}',
    "2023-09-29T24:00:00": 'Date is "2023-09-29T24:00:00". Write it as 2023-09-08.',
    "29 Sep '23": """Date is "29 Sep '23". Write the year too, in four digits, as in 8 September 2023.""",
    "2023-02-30": 'Date is "2023-02-30". Write it as 2023-09-08.',
    "31 September 2023": 'Date is "31 September 2023". Write it as 2023-09-08.',
    "29 septembre 2023": 'Date is "29 septembre 2023". Write it as 2023-09-08.',
    "45198": 'Date is "45198". Write it as 2023-09-08.',
    "tomorrow": 'Date is "tomorrow". Write it as 2023-09-08.',
    "": "Date is empty. Write it as 2023-09-08.",
    "\N{ZERO WIDTH SPACE} \N{NO-BREAK SPACE}": "Date is empty. Write it as 2023-09-08.",
    "1923-09-29": 'Date is "1923-09-29". Write a year from 2000 to 2099.',
    "0001-01-01T00:00:00+14:00": 'Date is "0001-01-01T00:00:00+14:00". Write a year from 2000 to 2099.',
}

TIMES: dict[Any, str] = {
    "15:00": "15:00",
    "15.00": "15:00",
    "15:00:00": "15:00",
    "T15:00:00": "15:00",
    "15:00:00.0000000": "15:00",
    "15h00": "15:00",
    "15:00 hrs": "15:00",
    "1500": "15:00",
    1500: "15:00",
    "15": "15:00",
    "3pm": "15:00",
    "3 PM": "15:00",
    "3 p.m.": "15:00",
    "3.30pm": "15:30",
    "3:30 p.m.": "15:30",
    "03:30:00 PM": "15:30",
    "15:30pm": "15:30",
    "12pm": "12:00",
    "12.30pm": "12:30",
    "noon": "12:00",
    "Midday": "12:00",
    "12 noon": "12:00",
    "12:00": "12:00",
    "7:30": "07:30",
    "9": "09:00",
    "930": "09:30",
    "3am": "03:00",
    "03:00": "03:00",
    "0300": "03:00",
    "00:30": "00:30",
    "0:30": "00:30",
    "23:30": "23:30",
    "１５：００": "15:00",  # full-width signs
    "1899-12-30T15:00:00Z": "15:00",
    "1970-01-01T15:00:00.0000000Z": "15:00",
    datetime(1970, 1, 1, 15, tzinfo=UTC): "15:00",
    "\N{LEFT-TO-RIGHT MARK}15:00\N{NO-BREAK SPACE}\t": "15:00",
}

HOW = "Write it as 15:00, in London time."
HALF_OF_THE_DAY = "could be in the morning or the afternoon: write"
MIDNIGHT = "It could be at the beginning or the end of the day. Write 00:00 for its beginning, or midday for 12 noon."

TIMES_ASKED_BACK: dict[Any, str] = {
    "3:00": f'Time is "3:00". 3:00 {HALF_OF_THE_DAY} 3pm or 03:00.',
    "3": f'Time is "3". 3 {HALF_OF_THE_DAY} 3pm or 03:00.',
    "3.30": f'Time is "3.30". 3.30 {HALF_OF_THE_DAY} 3:30pm or 03:30.',
    "6:45:00": f'Time is "6:45:00". 6:45:00 {HALF_OF_THE_DAY} 6:45pm or 06:45.',
    330: f'Time is "330". 330 {HALF_OF_THE_DAY} 3:30pm or 03:30.',
    "midnight": f'Time is "midnight". {MIDNIGHT}',
    "12am": f'Time is "12am". {MIDNIGHT}',
    "24:00": f'Time is "24:00". {MIDNIGHT}',
    "15.3": f'Time is "15.3". It could be 15:03 or 15:30. {HOW}',
    15.3: f'Time is "15.3". It could be 15:03 or 15:30. {HOW}',
    15.0: f'Time is "15". {HOW}',
    "15:3": f'Time is "15:3". {HOW}',
    "25:00": f'Time is "25:00". {HOW}',
    "15:60": f'Time is "15:60". {HOW}',
    "15:00am": f'Time is "15:00am". {HOW}',
    "0": f'Time is "0". {HOW}',
    "15:00Z": 'Time is "15:00Z". It names a time zone. Write the time by the clock in London alone, as 15:00.',
    "3pm GMT": 'Time is "3pm GMT". It names a time zone. Write the time by the clock in London alone, as 15:00.',
    "2023-09-29T15:00:00Z": f'Time is "2023-09-29T15:00:00Z". It holds a date. {HOW}',
    "3pm to 4pm": f'Time is "3pm to 4pm". {HOW}',
    "half past three": f'Time is "half past three". {HOW}',
    "": f"Time is empty. {HOW}",
}

PLACES = "Write the number of places, for example 12."
LENGTH = "Write how many minutes it lasts, for example 75."

NUMBERS: list[tuple[str, Any, int]] = [
    ("Capacity", "12", 12),
    ("Capacity", "012", 12),
    ("Capacity", "12.0", 12),
    ("Capacity", 12.0, 12),
    ("Capacity", "0", 0),
    ("Capacity", "10000", 10_000),
    ("Capacity", "١٢", 12),
    ("Capacity", "１２", 12),  # full-width digits
    ("Capacity", "\N{ZERO WIDTH SPACE}12\N{NO-BREAK SPACE}", 12),
    ("Minutes", "1", 1),
    ("Minutes", "1440", 1_440),
    ("Minutes", "", 75),
]

NUMBERS_ASKED_BACK: list[tuple[str, Any, str]] = [
    ("Capacity", "1_0", f'Capacity is "1_0". {PLACES}'),
    ("Capacity", "1e2", f'Capacity is "1e2". {PLACES}'),
    ("Capacity", "+12", f'Capacity is "+12". {PLACES}'),
    ("Capacity", "-1", f'Capacity is "-1". {PLACES}'),
    ("Capacity", "12.5", f'Capacity is "12.5". {PLACES}'),
    ("Capacity", "1²", f'Capacity is "1²". {PLACES}'),
    ("Capacity", "12 places", f'Capacity is "12 places". {PLACES}'),
    ("Capacity", "1,000", f'Capacity is "1,000". {PLACES}'),
    ("Capacity", True, f'Capacity is "True". {PLACES}'),
    ("Capacity", float("nan"), f'Capacity is "nan". {PLACES}'),
    ("Capacity", "10001", 'Capacity is "10001". Write a number from 0 to 10,000.'),
    ("Capacity", "9" * 4_400, "Capacity has 4,400 characters. Write at most 100."),
    ("Minutes", "0", 'Minutes is "0". Write a number from 1 to 1,440.'),
    ("Minutes", "1441", 'Minutes is "1441". Write a number from 1 to 1,440.'),
    ("Minutes", "75 minutes", f'Minutes is "75 minutes". {LENGTH}'),
]

WORDS: list[tuple[str, Any, Any]] = [
    ("State", " Open ", "open"),
    ("State", "o\N{ZERO WIDTH SPACE}pen", "open"),
    ("State", "\N{ZERO WIDTH NO-BREAK SPACE}open", "open"),
    ("State", "open\N{SOFT HYPHEN}", "open"),
    ("State", "o\N{ZERO WIDTH JOINER}pen", "open"),
    ("State", "\N{FIRST STRONG ISOLATE}CLOSED\N{POP DIRECTIONAL ISOLATE}", "closed"),
    ("State", "Canceled", "cancelled"),
    ("State", "", "draft"),
    ("WaitingList", "No\N{NO-BREAK SPACE}", False),
    ("WaitingList", False, False),
    ("WaitingList", "\N{ZERO WIDTH SPACE}", True),
    ("Reminders", "p1d, pt1h", parse_offsets("P1D,PT1H")),
    ("Reminders", "P1D; PT1H", parse_offsets("P1D,PT1H")),
    ("Reminders", "P1D PT1H,", parse_offsets("P1D,PT1H")),
    ("Reminders", "P١D", parse_offsets("P1D")),
    ("Reminders", "None", ()),
    ("Reminders", "no", ()),
    ("Reminders", "", OFFSETS),
]

WORDS_ASKED_BACK: list[tuple[str, Any, str]] = [
    ("State", "called off", 'State is "called off". Write draft, open, closed or cancelled.'),
    ("State", "open\x00\U000e0041", 'State is "openU+E0041". Write draft, open, closed or cancelled.'),
    ("WaitingList", "maybe", 'WaitingList is "maybe". Write yes or no.'),
    ("Reminders", "1 day", 'Reminders is "1 day". Write P1D,PT1H or none.'),
    ("Reminders", ",", 'Reminders is ",". Write P1D,PT1H or none.'),
    ("Reminders", "P0D", 'Reminders is "P0D". Write P1D,PT1H or none.'),
]

LINKS = {
    LINK: LINK,
    f"<{LINK}>": LINK,
    f"{LINK}>": LINK,
    f'"{LINK}"': LINK,
    f"\N{LEFT DOUBLE QUOTATION MARK}{LINK}\N{RIGHT DOUBLE QUOTATION MARK}": LINK,
    f" ( {LINK} ) ": LINK,
    f"\N{ZERO WIDTH SPACE}{LINK}\N{ZERO WIDTH SPACE}": LINK,
    "https://teams\N{SOFT HYPHEN}.example/1\r\n": "https://teams.example/1",
    "HTTPS://Teams.example/1": "https://Teams.example/1",
    "https://teams.example:8443/a(b)": "https://teams.example:8443/a(b)",
    "https://teams.example": "https://teams.example",
    "<>": "",
    "": "",
}

ALONE = "Paste the link alone, or leave the cell empty."
FULL = "Write an address that begins with https://, or leave it empty."
NO_HOST = f"It names no website, such as teams.microsoft.com, after https://. {ALONE}"

LINKS_ASKED_BACK = {
    "teams": f'JoinUrl is "teams". {FULL}',
    "teams.example/1": f'JoinUrl is "teams.example/1". {FULL}',
    "http://teams.example/1": f'JoinUrl is "http://teams.example/1". It begins with "http://". {FULL}',
    "javascript:alert(1)": f'JoinUrl is "javascript:alert(1)". {FULL}',
    "https:/teams.example": f'JoinUrl is "https:/teams.example". {FULL}',
    "https://": f'JoinUrl is "https://". {NO_HOST}',
    "https:///join": f'JoinUrl is "https:///join". {NO_HOST}',
    "https://?a.b": f'JoinUrl is "https://?a.b". {NO_HOST}',
    "https://teams": f'JoinUrl is "https://teams". {NO_HOST}',
    "https://teams..example/1": f'JoinUrl is "https://teams..example/1". {NO_HOST}',
    "https://teams.example:port/1": f'JoinUrl is "https://teams.example:port/1". {NO_HOST}',
    "https://[::1": f'JoinUrl is "https://[::1". {NO_HOST}',
    "https://a@b.example/1": f'JoinUrl is "https://a@b.example/1". There is "@" in the name of its website. {ALONE}',
    "https://a.example/1 Meeting ID: 123 456": 'JoinUrl is "https://a.example/1 Meeting ID: 123 456". '
    f"There is a space in it. {ALONE}",
    "https://a.example/1\nPasscode: x": 'JoinUrl is "https://a.example/1 Passcode: x". '
    f"There is a line break in it. {ALONE}",
    "https://a.example/1\t2": f'JoinUrl is "https://a.example/1 2". There is a tab in it. {ALONE}',
    "https://a.example/1<https://a.example/1>": 'JoinUrl is "https://a.example/1<https://a.example/1>". '
    f'There is "<" in it. {ALONE}',
    "https://a.example/meetup-jo…": f'JoinUrl is "https://a.example/meetup-jo…". There is "…" in it. {ALONE}',
}

TOO_LONG = {"Title": 200, "Theme": 200, "Description": 200, "JoinUrl": 2_000, "Reminders": 200} | dict.fromkeys(
    ["Date", "Time", "Capacity", "Minutes", "State", "WaitingList", "Facilitator", "Programme"], 100
)
TOO_LONG |= {"Place": 200, "Note": 500, "FeedbackUrl": 2_000}


@every_row("cell", THE_29TH_OF_SEPTEMBER)
def test_date_with_one_meaning_is_read(cell: Any) -> None:
    assert written("starts", Date=cell) == london("2023-09-29 15:00")


def test_date_in_winter_may_be_midnight_in_london_too() -> None:
    assert written("starts", Date="2023-12-01T00:00:00.0000000Z") == london("2023-12-01 15:00")


@every_row("cell, said", DATES_ASKED_BACK.items())
def test_date_with_two_meanings_or_none_is_asked_back(cell: str, said: str) -> None:
    assert problem(Date=cell) == said


@every_row("cell, clock", TIMES.items())
def test_time_with_one_meaning_is_read(cell: Any, clock: str) -> None:
    assert written("starts", Time=cell) == london(f"2023-09-08 {clock}")


@every_row("cell, said", TIMES_ASKED_BACK.items())
def test_time_with_two_meanings_or_none_is_asked_back(cell: Any, said: str) -> None:
    assert problem(Time=cell) == said


@every_row("name, cell, number", NUMBERS)
def test_plain_number_is_read(name: str, cell: Any, number: int) -> None:
    assert written(name.lower(), **{name: cell}) == number


@every_row("name, cell, said", NUMBERS_ASKED_BACK)
def test_number_that_is_not_plain_or_out_of_range_is_asked_back(name: str, cell: Any, said: str) -> None:
    assert problem(**{name: cell}) == said


@every_row("name, cell, meaning", WORDS)
def test_word_is_read_whatever_its_case_and_the_signs_around_it(name: str, cell: Any, meaning: Any) -> None:
    field = "waiting_list" if name == "WaitingList" else name.lower()

    assert written(field, **{name: cell}) == meaning


@pytest.mark.parametrize(("name", "cell", "said"), WORDS_ASKED_BACK)
def test_other_word_is_asked_back(name: str, cell: Any, said: str) -> None:
    assert problem(**{name: cell}) == said


@every_row("cell, link", LINKS.items())
def test_joining_link_is_cleaned_of_what_came_with_it(cell: str, link: str) -> None:
    assert written("join_url", JoinUrl=cell) == link


@every_row("cell, said", LINKS_ASKED_BACK.items())
def test_joining_link_that_cannot_be_opened_is_asked_back(cell: str, said: str) -> None:
    assert problem(JoinUrl=cell) == said


@pytest.mark.parametrize("name", ["Title", "Theme", "Description", "Facilitator", "Place", "Note"])
def test_text_keeps_what_its_script_needs_and_is_one_line(name: str) -> None:
    persian = "می\N{ZERO WIDTH NON-JOINER}خواهم"

    assert written(name.lower(), **{name: f"\N{ZERO WIDTH SPACE}{persian}\r\n  and\N{NO-BREAK SPACE}rest "}) == (
        f"{persian} and rest"
    )


def test_text_that_no_page_could_encode_is_made_readable() -> None:
    assert written("title", Title="Rest \ud800") == "Rest \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(("name", "most"), TOO_LONG.items())
def test_cell_that_is_too_long_is_named_with_its_limit(name: str, most: int) -> None:
    assert problem(**{name: "x" * 4_012}) == f"{name} has 4,012 characters. Write at most {most:,}."
    assert set(TOO_LONG) == set(WRITTEN_BY_PEOPLE)


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("Title", "x" * 200),
        ("Theme", "x" * 200),
        ("Description", "x" * 200),
        ("Facilitator", "x" * 100),
        ("Place", "x" * 200),
        ("Note", "x" * 500),
        ("JoinUrl", "https://teams.example/".ljust(2_000, "x")),
    ],
)
def test_text_of_the_greatest_length_is_taken(name: str, longest: str) -> None:
    assert read(**{name: longest}).problems == ()
    assert (
        problem(**{name: longest + "x"})
        == f"{name} has {len(longest) + 1:,} characters. Write at most {len(longest):,}."
    )


def test_reminders_that_are_too_long_are_named_as_well() -> None:
    assert problem(Reminders=",".join(["P1D"] * 60)) == "Reminders has 239 characters. Write at most 200."


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({}, "Fri 8 Sep 2023, 3pm to 4:15pm"),
        ({"Date": "28 September 2023", "Time": "3pm"}, "Thu 28 Sep 2023, 3pm to 4:15pm"),
        ({"Time": "23:00", "Minutes": 60}, "Fri 8 Sep 2023, 11pm to midnight"),
        ({"Time": "23:00", "Minutes": 120}, "Fri 8 Sep 2023, 11pm to Sat 9 Sep 2023, 1am"),
        ({"Time": "noon", "Minutes": 1_440}, "Fri 8 Sep 2023, midday to Sat 9 Sep 2023, midday"),
        ({"State": "cancelled"}, "Fri 8 Sep 2023, 3pm to 4:15pm"),
        ({"Capacity": "twelve"}, "Fri 8 Sep 2023, 3pm to 4:15pm"),
        ({"Time": "3:00"}, ""),
        ({"Minutes": "long"}, ""),
    ],
)
def test_start_is_said_in_words_where_it_is_understood(cells: dict[str, Any], words: str) -> None:
    assert read(**cells).starts_in_words == words


ANY_TEXT = st.text(max_size=60) | st.from_regex(r"[0-9TtZ:./+\-apmh ]{0,24}", fullmatch=True)
ANY_CELL = ANY_TEXT | st.integers() | st.floats() | st.booleans() | st.none() | st.binary(max_size=9) | st.datetimes()


@given(st.dictionaries(st.sampled_from([*WRITTEN_BY_PEOPLE, "Announced", "Seen"]), ANY_CELL))
def test_no_cell_ever_raises(cells: dict[str, Any]) -> None:
    row = read(**cells)

    assert (row.written is None) == bool(row.problems)
    " ".join(row.problems).encode("utf-8")


@given(
    st.sampled_from(
        [name for name in WRITTEN_BY_PEOPLE if name not in {"Title", "Theme", "Description", "Facilitator"}]
    ),
    st.text(max_size=30),
)
def test_invisible_signs_around_a_cell_change_nothing(name: str, text: str) -> None:
    wrapped = f"\N{ZERO WIDTH NO-BREAK SPACE}\N{NO-BREAK SPACE}{text}\N{ZERO WIDTH SPACE}\t\N{LEFT-TO-RIGHT MARK}"

    plain, dressed = read(**{name: text}), read(**{name: wrapped})
    assert (plain.written, plain.problems) == (dressed.written, dressed.problems)
