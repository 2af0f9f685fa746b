"""The report of what is still held of people, where administrators read it: table `Service`, partition `held`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.retention.inventory import Inventory
from shared.bookings.retention.retention_rules import session_end
from shared.bookings.tables.repository import GUARD
from shared.local_time import day_in_words, zone
from shared.tables.table import Row, Table, moment_text
from shared.wording.sentences import sentence

_PARTITION = "held"
_MAX_LISTED = 5  # sessions in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holding:
    """One class of rows. `cell` holds the moment of each; `remarks` are what someone has to look at."""

    kind: str
    cell: str
    rows: Sequence[Row]
    until: str
    remarks: Sequence[str]

    def cells(self, now: datetime) -> dict[str, str | int]:
        moments = [moment for row in self.rows if (moment := row.moment(self.cell)) is not None]
        oldest = min(moments, default=None)
        return {
            "PartitionKey": _PARTITION,
            "RowKey": self.kind,
            "Count": len(self.rows),
            "Oldest": f"{oldest.astimezone(zone()):%Y-%m-%d}" if oldest else "",
            "CheckedAt": moment_text(now),
            "InWords": " ".join(self._sentences(oldest)),
        }

    def _sentences(self, oldest: datetime | None) -> Iterable[str]:
        number = len(self.rows)
        yield (
            sentence(f"holdings.one.{self.kind}")
            if number == 1
            else sentence(f"holdings.many.{self.kind}", number=number)
        )
        if oldest:
            yield sentence("holdings.oldest", day=day_in_words(oldest))
        yield self.until
        yield from self.remarks


def write_holdings(inventory: Inventory, service: Table, kept: timedelta, index_kept: timedelta, now: datetime) -> None:
    """Writes one row each for bookings, email log and email index, in place of the last: Count, Oldest, InWords."""
    people = [row for rows in inventory.bookings.values() for row in rows if row.key != GUARD]
    mails = [row for rows in inventory.log.values() for row in rows]
    after_session = sentence("holdings.after-session", days=kept.days)
    after_mail = sentence("holdings.after-email", days=index_kept.days)
    holdings = (
        ("bookings", "BookedAt", people, after_session, _about_sessions(inventory, kept)),
        ("mail-log", "At", mails, after_session, ()),
        ("mail-index", "At", inventory.index, after_mail, ()),
    )
    for kind, cell, rows, until, remarks in holdings:
        holding = _Holding(
            kind=kind,
            cell=cell,
            rows=rows,
            until=until,
            remarks=[*remarks, *_failed(inventory.failed.get(kind, 0))],
        )
        service.put(holding.cells(now))


def _about_sessions(inventory: Inventory, kept: timedelta) -> Iterable[str]:
    rosters = {session_id: rows for session_id, rows in inventory.bookings.items() if rows}
    unclear = [each for each in rosters if each in inventory.sessions and session_end(inventory.sessions[each]) is None]
    if unclear:
        yield sentence("holdings.unclear", sessions=_listed(unclear))
    lost = [each for each in rosters if each not in inventory.sessions]
    if lost:
        yield sentence("holdings.without-session", days=kept.days, sessions=_listed(lost))


def _listed(session_ids: Iterable[str]) -> str:
    names = sorted(session_ids)
    listed = ", ".join(names[:_MAX_LISTED])
    return (
        sentence("holdings.more", listed=listed, number=len(names) - _MAX_LISTED)
        if len(names) > _MAX_LISTED
        else listed
    )


def _failed(count: int) -> list[str]:
    return [sentence("holdings.failed", number=count)] if count else []
