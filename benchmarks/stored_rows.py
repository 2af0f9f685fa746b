"""Rows to fill the tables with: open sessions with their people and sent confirmations, and sessions long over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from shared.bookings.tables.repository import GUARD
from shared.bookings.tables.session_rows import OVER
from shared.tables.azure_tables import AzureTables, open_tables
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import MAX_WRITES, Write, moment_text

type Cells = dict[str, Any]

_WEEK = timedelta(days=7)
_SESSIONS, _BOOKINGS, _LOG = "Sessions", "Bookings", "MailLog"


@dataclass(frozen=True, slots=True)
class Filling:
    """Numbers of open sessions, one a week from next week on, of people in each, and of sessions that are over.

    `capacity` is that of every session. `past_people` are those in each session that is over. With
    `confirmed_by_email` everyone to come has had a confirmation.
    """

    sessions: int
    people: int
    past: int = 0
    capacity: int = 24
    past_people: int = 0
    confirmed_by_email: bool = True


def fill(connection: str, filling: Filling, now: datetime) -> None:
    """Writes the rows in transactions of 100 into the tables of one account; `now` is in UTC."""
    tables = open_tables(StorageConnection(connection, None, None))
    places = {"Capacity": filling.capacity}
    upcoming = [_session(number, now + (number + 1) * _WEEK) | places for number in range(filling.sessions)]
    over = places | ({OVER: "yes"} if filling.past_people else {})
    past = [_session(-number, _ended(number, now)) | over for number in range(1, filling.past + 1)]
    _insert(tables, _SESSIONS, [*upcoming, *past])
    for session in upcoming:
        _insert(tables, _BOOKINGS, _roster(session["RowKey"], filling.people, now))
        if filling.confirmed_by_email:
            _insert(tables, _LOG, _confirmations(session["RowKey"], filling.people, now))
    for session in past if filling.past_people else ():
        _insert(tables, _BOOKINGS, _roster(session["RowKey"], filling.past_people, now))


def _ended(number: int, now: datetime) -> datetime:
    """A day of the last weeks, before bookings are deleted."""
    return now - timedelta(days=2 + number % 60)


def stored_booking(number: int = 0) -> tuple[str, str]:
    """Session and row key of that person, from 0 on, of the first session; keys are the same in every session."""
    return session_id(0), _key(number)


def _insert(tables: AzureTables, name: str, rows: Iterable[Cells]) -> None:
    table = tables.table(name)
    for some in batched(rows, MAX_WRITES, strict=False):
        table.apply([Write("create", cells) for cells in some])


def _session(number: int, starts: datetime) -> Cells:
    return {
        "PartitionKey": "sessions",
        "RowKey": session_id(number),
        "Date": f"{starts:%Y-%m-%d}",
        "Time": "12:00",
        "Minutes": 75,
        "Title": "Reflective practice",
        "Theme": f"Theme {number}",
        "JoinUrl": f"https://teams.example/join/{number}",
        "State": "open",
    }


def _roster(session: str, people: int, now: datetime) -> Iterator[Cells]:
    yield {"PartitionKey": session, "RowKey": GUARD, "TouchedAt": moment_text(now)}
    for number in range(people):
        address = f"person-{number}@nhs.net"
        yield {
            "PartitionKey": session,
            "RowKey": _key(number),
            "Reference": f"REF{number:05}",
            "Name": f"Person {number}",
            "Email": address,
            "Session": session,
            "Adjustments": "",
            "ShareAdjustments": "no",
            "BookedAt": moment_text(now),
            "WaitingSince": "",
            "SubmissionHash": f"{number:064}",
            "MovedFrom": "",
            "State": "confirmed",
            "StateAt": moment_text(now),
            "Reason": "",
            "NeedsCheck": "no",
            "Reminders": "yes",
            "Generation": 1,
            "Releases": "",
            "KnownState": "confirmed",
            "KnownEmail": address,
            "Mail": "",
            "Problem": "",
        }


def _confirmations(session: str, people: int, now: datetime) -> Iterator[Cells]:
    for number in range(people):
        yield {
            "PartitionKey": session,
            "RowKey": f"{_key(number)}-1-confirmation",
            "State": "sent",
            "At": moment_text(now),
            "NotBefore": moment_text(now),
            "Attempts": 1,
            "Version": 1,
        }


def session_id(number: int) -> str:
    """Row key of that session: from 0 on of those to come, below 0 of those that are over."""
    return f"session-{number:05}"


def _key(number: int) -> str:
    return f"booking-{number:032}"
