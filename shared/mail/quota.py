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

    def left(self, sent_at: Iterable[datetime], now: datetime) -> int | None:
        """Returns how many more may be sent at `now` (UTC), given the times of others; None if there is no limit."""
        moments = list(sent_at)
        limits = [
            limit - sum(now - at < span for at in moments)
            for limit, span in ((self.per_minute, _MINUTE), (self.per_hour, _HOUR))
            if limit
        ]
        return max(0, min(limits)) if limits else None
