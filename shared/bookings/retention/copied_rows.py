"""Rows of bookings that go into the daily copy: none that is to be deleted before the copy is gone. Pure.

So a booking is nowhere for longer than bookings are kept, whatever copies there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.bookings.retention.retention_rules import are_over, is_older, without_link
from shared.tables.table import Row

_REGISTER = "session-"


@dataclass(frozen=True, slots=True)
class CopiedRows:
    """Decides at `now` (UTC), by the rows of `Sessions` by session id.

    `kept` is how long bookings are kept after their session, `gone_after` when nothing is left of a copy.
    """

    sessions: Mapping[str, Sequence[Row]]
    kept: timedelta
    gone_after: timedelta
    now: datetime
    _over: dict[str, bool] = field(default_factory=dict)

    def session(self, row: Row) -> Mapping[str, Any]:
        """The cells of a session's row; without the joining links that are soon taken out of what was announced."""
        text = without_link(row) if self._is_over(row.key) else None
        return row.cells if text is None else {**row.cells, "Announced": text}

    def booking(self, row: Row) -> Mapping[str, Any] | None:
        """The cells of a booking, or of a guard; None for one that is soon deleted."""
        return None if self._is_unneeded(row, "BookedAt") else row.cells

    def log(self, row: Row) -> Mapping[str, Any] | None:
        """The cells of a row of the email log; None for one that is soon deleted."""
        return None if self._is_unneeded(row, "At") else row.cells

    def service(self, row: Row) -> Mapping[str, Any] | None:
        """The cells of a note of the service; None for what is remembered of a session that is long over."""
        session_id = row.key.removeprefix(_REGISTER)
        is_remembered = row.key.startswith(_REGISTER)
        return None if is_remembered and (session_id not in self.sessions or self._is_over(session_id)) else row.cells

    def _is_unneeded(self, row: Row, cell: str) -> bool:
        if row.partition in self.sessions:
            return self._is_over(row.partition)
        return is_older(row, cell, self.kept - self.gone_after, self.now)

    def _is_over(self, session_id: str) -> bool:
        if session_id not in self._over:
            self._over[session_id] = are_over(self.sessions[session_id], self.kept - self.gone_after, self.now)
        return self._over[session_id]
