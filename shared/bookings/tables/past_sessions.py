"""The marker `Over` in the rows of sessions that are over, so that the timer leaves these rows unread.

The service writes `yes` into the row of a session that is over and takes it away when the session is not over any more.
Queries then leave these rows out on the server. Three things keep a row from being lost:

1. The filter is `not (Over eq 'yes')`. `Over ne 'yes'` would lose each row without that cell, since a comparison with a
   missing property is false in Azure Tables (Azure/Azurite#1929); `not` makes it true, so that rows without the cell
   are found (Azure/azure-storage-net#696 uses it for that purpose). Azurite does the same; the contract test of the
   tables says so. Even where it did not, a new row would be found by the next rule, and is then given the cell.
2. A row that was edited is read whatever it says: a filter on `Timestamp`, which storage itself sets on every write by
   whatever tool, finds the rows written since the last reading whose rows were all dealt with. That moment is the
   `Date` of storage's answer, so both are by storage's clock: the service's own may be wrong, and the service may have
   been down for days.
3. Every row is read once a day, and whenever that moment is not known. It is read as well after a run by a clock that
   was ahead of the present one: that clock may have taken a session of today for one that is over.

What the marker says is never trusted: a row that was read is judged by its own cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.tables.session_rows import OVER, SessionRow
from shared.local_time import local_day
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, Without, moment_text

NAME = "past-sessions"
"""Key of the row in the table `Service` that says what was read: `Day`, of every row, and `Since`, see above.

`By` is the service's clock when that was written down.
"""

_YES = "yes"
# Storage works at one request for at most 5 seconds ("Query timeout and pagination"), and then stamps the answer.
_ANSWER_TIME = timedelta(seconds=6)
_RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PastSessions:
    """Remembers up to when edits of marked rows are dealt with. `table` is the table `Service`."""

    table: Table

    def unread(self, rows: ServiceRows, now: datetime) -> Without | None:
        """Returns the rows to leave unread at `now` (UTC); None once a day, when every row is to be read."""
        if NAME not in rows or rows[NAME].text("Day") != local_day(now):
            return None
        since, by = rows[NAME].moment("Since"), rows[NAME].moment("By")
        return None if since is None or by is None or by > now else Without(OVER, _YES, since - _ANSWER_TIME)

    def record(self, read: Sequence[SessionRow], now: datetime) -> None:
        """Records that the marked rows among those `read` were dealt with; on a day's first run these are all rows."""
        moments = [each.row.read_at for each in read if each.row.read_at is not None]
        cells = {"PartitionKey": SERVICE_PARTITION, "RowKey": NAME, "Day": local_day(now), "By": moment_text(now)}
        self.table.put(cells | {"Since": moment_text(min(moments)) if moments else ""})


def long_over(now: datetime) -> Without:
    """The rows to leave out of the list of sessions: those marked, unless someone edited them in the hour before `now`.

    By the service's clock, which is near enough: the timer takes the marker of a session to come away within minutes.
    """
    return Without(OVER, _YES, now - _RECENT)


def is_marked(row: SessionRow) -> bool:
    """True if the row is left unread unless someone edits it."""
    return row.row.text(OVER) == _YES


def marker_cells(row: SessionRow, *, over: bool) -> Mapping[str, str]:
    """The cells to write so that the marker is right; none where it is."""
    marker = _YES if over else ""
    return {} if row.row.text(OVER) == marker else {OVER: marker}
