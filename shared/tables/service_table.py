"""The table `Service`: what the service remembers of itself, read in one request on every run of the schedule."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.local_time import london_day
from shared.tables.table import Row, Table, moment_text

_PARTITION = "service"
_HEARTBEAT = "heartbeat"
_MAIL_PAUSE = "mail-pause"
_ADOPTION = "adoption"
_SESSION = "session-"
_PAUSE_MEMORY = 5.0  # seconds for which a process trusts what it last read of the pause
_LONGEST_SILENCE = 3  # days
_LONGEST_PAUSE = timedelta(hours=2)  # nothing that is asked for is longer than an hour
_ADOPTED_EVERY = timedelta(hours=1)

type Remembered = Mapping[str, Row]


def remembered(table: Table) -> Remembered:
    """Everything in it, by row key."""
    return {row.key: row for row in table.query(PartitionKey=_PARTITION)}


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Written at the end of every run of the schedule: a dead timer is noticed by its silence."""

    table: Table

    def beat(self, now: datetime) -> None:
        self.table.put({"PartitionKey": _PARTITION, "RowKey": _HEARTBEAT, "LastOk": moment_text(now)})

    def last(self) -> datetime | None:
        """When the schedule last finished, in UTC; None where it never has."""
        row = self.table.get(_PARTITION, _HEARTBEAT)
        return None if row is None else row.moment("LastOk")


@dataclass(frozen=True, slots=True)
class Adoption:
    """When referrals without a status were last looked for: an hour ago is long enough, however late the timer was."""

    table: Table

    def is_due(self, rows: Remembered, now: datetime) -> bool:
        last = rows[_ADOPTION].moment("LastOk") if _ADOPTION in rows else None
        return last is None or now - last >= _ADOPTED_EVERY or last > now

    def done(self, now: datetime) -> None:
        self.table.put({"PartitionKey": _PARTITION, "RowKey": _ADOPTION, "LastOk": moment_text(now)})


@dataclass(frozen=True, slots=True)
class Daily:
    """On which day, London's, something was last done that is to be done once a day.

    `Steady` in its row counts for how many of these days the clock went on as clocks do: what deletes by the calendar
    waits until one that jumped has shown that it stays.
    """

    table: Table
    name: str

    def is_due(self, rows: Remembered, now: datetime) -> bool:
        return self.name not in rows or rows[self.name].text("Day") != london_day(now)

    def steady(self, rows: Remembered, now: datetime) -> int:
        """The count with today in it; 0 after the first day, after a jump and after a long silence."""
        if self.name not in rows:
            return 0
        try:
            last = date.fromisoformat(rows[self.name].text("Day"))
        except ValueError:
            return 0
        days = (date.fromisoformat(london_day(now)) - last).days
        return (rows[self.name].whole("Steady") or 0) + 1 if 0 < days <= _LONGEST_SILENCE else 0

    def done(self, rows: Remembered, now: datetime) -> None:
        cells = {"PartitionKey": _PARTITION, "RowKey": self.name, "Day": london_day(now)}
        self.table.put(cells | {"Steady": self.steady(rows, now)})


class MailPause:
    """Sending too soon after a "too many requests" makes the pause longer, so every process keeps to it."""

    def __init__(self, table: Table, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._monotonic = monotonic
        self._until = datetime.min.replace(tzinfo=UTC)
        self._read_at = float("-inf")

    def is_on(self, now: datetime) -> bool:
        """Whether somebody, here or in another process, was told to wait. It costs a request every few seconds."""
        if self._monotonic() - self._read_at > _PAUSE_MEMORY:
            row = self._table.get(_PARTITION, _MAIL_PAUSE)
            self.refresh({_MAIL_PAUSE: row} if row is not None else {})
        return now < self._until <= now + _LONGEST_PAUSE  # a later moment is a mistake of some clock

    def begin(self, until: datetime) -> None:
        self._until = max(self._until, until)
        self._table.put({"PartitionKey": _PARTITION, "RowKey": _MAIL_PAUSE, "NotBefore": moment_text(self._until)})

    def refresh(self, rows: Remembered) -> None:
        """Learns of a pause that another process began."""
        found = rows[_MAIL_PAUSE].moment("NotBefore") if _MAIL_PAUSE in rows else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
        self._read_at = self._monotonic()


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that people have booked: what they were told, and since when its row is missing (UTC)."""

    id: str
    announced: str
    missing_since: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRegister:
    """Remembers sessions with bookings, so that a row that somebody deletes does not take its attendees with it."""

    table: Table

    def known(self, rows: Remembered) -> dict[str, KnownSession]:
        found = [_known(row) for key, row in rows.items() if key.startswith(_SESSION)]
        return {session.id: session for session in found}

    def find(self, session_id: str) -> KnownSession | None:
        row = self.table.get(_PARTITION, f"{_SESSION}{session_id}")
        return None if row is None else _known(row)

    def remember(self, session: KnownSession) -> None:
        since = session.missing_since
        self.table.put(
            {
                "PartitionKey": _PARTITION,
                "RowKey": f"{_SESSION}{session.id}",
                "Announced": session.announced,
                "MissingSince": moment_text(since) if since else "",
            }
        )


def _known(row: Row) -> KnownSession:
    return KnownSession(row.key.removeprefix(_SESSION), row.text("Announced"), row.moment("MissingSince"))
