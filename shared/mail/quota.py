"""The sending quota: the email service limits emails per minute and per hour, and penalises requests beyond that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SendingQuota:
    """Emails per minute and per hour; 0 is no limit. Azure Communication Services allows 30 and 100."""

    per_minute: int = 30
    per_hour: int = 100

    def share(self, part: int) -> "SendingQuota":
        """Returns one part in `part` of each limit, at least 1 of a limit above 1."""
        return SendingQuota(*(max(limit // part, int(limit > 1)) for limit in (self.per_minute, self.per_hour)))

    def without(self, reserve: "SendingQuota") -> "SendingQuota":
        """Returns what is left of each limit beside a reserve; no limit stays none."""
        return SendingQuota(self.per_minute - reserve.per_minute, self.per_hour - reserve.per_hour)

    def left(self, sent_at: Iterable[datetime], now: datetime) -> int | None:
        """Returns how many more may be sent at `now` (UTC), given the times of others; None if there is no limit.

        Those over a minute in the future do not count: a wrong clock sent them.
        """
        moments = list(sent_at)
        limits = [
            limit - sum(-_MINUTE <= now - at < span for at in moments)
            for limit, span in ((self.per_minute, _MINUTE), (self.per_hour, _HOUR))
            if limit
        ]
        return max(0, min(limits)) if limits else None
