"""The sessions that people have booked, kept apart from the rows that administrators edit."""

from dataclasses import dataclass
from datetime import datetime

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Row, Table, is_key, moment_text

_SESSION = "session-"


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that people have booked: what they were told, and since when its row is missing (UTC)."""

    id: str
    announced: str
    missing_since: datetime | None


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


def _known(row: Row) -> KnownSession:
    return KnownSession(row.key.removeprefix(_SESSION), row.text("Announced"), row.moment("MissingSince"))
