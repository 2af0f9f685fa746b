"""The sessions that people have booked, kept apart from the rows that administrators edit."""

from dataclasses import dataclass
from datetime import datetime

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Row, Table, is_key, moment_text

_SESSION = "session-"
_STRAYS = "stray-bookings"


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that people have booked: what they were told, and since when its row is missing (UTC)."""

    id: str
    announced: str
    missing_since: datetime | None


@dataclass(frozen=True, slots=True)
class StrayMark:
    """The last search for bookings without a session: when it was (UTC), and the ids of sessions that it found."""

    at: datetime
    session_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class SessionRegister:
    """Remembers sessions with bookings, so that a row that someone deletes does not take its attendees with it."""

    table: Table

    def known(self, rows: ServiceRows) -> dict[str, KnownSession]:
        found = [_known(row) for key, row in rows.items() if key.startswith(_SESSION)]
        return {session.id: session for session in found}

    def find(self, session_id: str) -> KnownSession | None:
        key = f"{_SESSION}{session_id}"
        row = self.table.get(SERVICE_PARTITION, key) if is_key(key) else None
        return None if row is None else _known(row)

    def remember(self, session: KnownSession) -> None:
        since = session.missing_since
        self.table.put(
            {
                "PartitionKey": SERVICE_PARTITION,
                "RowKey": f"{_SESSION}{session.id}",
                "Announced": session.announced,
                "MissingSince": moment_text(since) if since else "",
            }
        )

    def stray_mark(self, rows: ServiceRows) -> StrayMark | None:
        """The mark of the last search for bookings without a session; None before the first."""
        at = rows[_STRAYS].moment("LastOk") if _STRAYS in rows else None
        if at is None:
            return None
        # No key can hold a slash.
        return StrayMark(at, frozenset(each for each in rows[_STRAYS].text("Sessions").split("/") if is_key(each)))

    def remember_strays(self, mark: StrayMark) -> None:
        keys = {"PartitionKey": SERVICE_PARTITION, "RowKey": _STRAYS}
        self.table.put(keys | {"LastOk": moment_text(mark.at), "Sessions": "/".join(sorted(mark.session_ids))})


def _known(row: Row) -> KnownSession:
    return KnownSession(row.key.removeprefix(_SESSION), row.text("Announced"), row.moment("MissingSince"))
