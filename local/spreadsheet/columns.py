"""Names of the columns in a spreadsheet: in words, as people write them."""

from collections.abc import Mapping, Sequence

ID = "RowKey"
NEEDED = ("Date", "Time", "Capacity")

TITLES: Mapping[str, tuple[str, ...]] = {
    "Date": ("Date", "Day"),
    "Time": ("Time", "Start", "Start time"),
    "Capacity": ("Places", "Number of places", "Capacity"),
    "Minutes": ("Minutes", "Length", "Length in minutes", "Duration", "Duration in minutes"),
    "Title": ("Title", "Name"),
    "Theme": ("Theme",),
    "Description": ("Description", "About"),
    "Facilitator": ("Facilitator", "Led by"),
    "Programme": ("Programme", "Program"),
    "Place": ("Place", "Where", "Room", "Venue"),
    "Note": ("Note",),
    "JoinUrl": ("Joining link", "Join link", "Teams link", "Link", "JoinUrl"),
    "FeedbackUrl": ("Feedback link", "FeedbackUrl"),
    "State": ("State", "Status"),
    "Reminders": ("Reminders",),
    "WaitingList": ("Waiting list",),
    ID: ("Id", "Session id", "RowKey"),
}
"""Titles of each column of the table `Sessions`, the first as a person is told it. Capitals and signs do not matter."""


def _folded(title: str) -> str:
    return "".join(char for char in title.casefold() if char.isalnum())


_COLUMNS = {_folded(title): column for column, titles in TITLES.items() for title in titles}


def columns_of(titles: Sequence[str]) -> tuple[list[str], list[str]]:
    """The table's column for each title, "" for one that is empty or no column; and what is wrong, in sentences."""
    columns = [_COLUMNS.get(_folded(title), "") for title in titles]
    known = ", ".join(names[0] for names in TITLES.values())
    unknown = [title for title, column in zip(titles, columns, strict=True) if title and not column]
    problems = [f'There is no column "{title}". The columns are {known}.' for title in unknown]
    problems += [f"The column {TITLES[each][0]} is missing." for each in NEEDED if each not in columns]
    twice = [each for each in TITLES if columns.count(each) > 1]
    return columns, problems + [f"Two columns are the column {TITLES[each][0]}." for each in twice]
