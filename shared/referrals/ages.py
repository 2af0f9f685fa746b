"""Ages of referrals, by the moments at which storage noted that their sealed answers were written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ages:
    """When the sealed answers under each reference were written, seen at `read_at`: by storage's clock, in UTC."""

    written: Mapping[str, datetime] = field(default_factory=dict)
    read_at: datetime | None = None

    def within_an_hour(self) -> int:
        """The number of referrals that came in the last hour."""
        if self.read_at is None:
            return 0
        return sum(self.read_at - written < _HOUR for written in self.written.values())
