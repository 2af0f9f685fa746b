"""Emails that GOV.UK Notify has accepted, as its API shows them: by id, or as a list that its retention empties."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.mail.faults import FaultRule
from local.mail.mailbox import UNDELIVERED
from local.mail.notify.keys import KeyType
from local.mail.notify.posted import PostedEmail

PAGE = 250
SENDING, DELIVERED, TECHNICAL_FAILURE = "sending", "delivered", "technical-failure"
FINAL = frozenset({DELIVERED, "permanent-failure", "temporary-failure", TECHNICAL_FAILURE})
_LONDON = ZoneInfo("Europe/London")
_OF_REPORT = {
    "Delivered": DELIVERED,
    "Bounced": "permanent-failure",
    "Suppressed": "permanent-failure",
    "Failed": "temporary-failure",
    "Quarantined": "temporary-failure",
    "FilteredSpam": "temporary-failure",
}


@dataclass(frozen=True, slots=True)
class Notification:
    """One email. `created_at` is aware UTC on the emulator's clock; `final` the status it comes to."""

    id: str
    created_at: datetime
    email: PostedEmail
    kind: KeyType
    final: str = DELIVERED

    def status(self, now: datetime, ends_after: timedelta) -> str:
        """Returns the status at `now`, given how long after it was accepted it comes to its end."""
        return self.final if now >= self.created_at + ends_after else SENDING

    def as_json(self, base: str, status: str) -> dict[str, Any]:
        """Returns the entry with its recipient, subject and whole body: there is no way to leave them out."""
        template = f"{base}/v2/template/{self.email.template_id}/version/1"
        done = self.created_at.isoformat() if status in FINAL else None
        return {
            "id": self.id,
            "reference": self.email.reference,
            "email_address": self.email.email_address,
            "type": "email",
            "status": status,
            "template": {"id": str(self.email.template_id), "version": 1, "uri": template},
            "subject": self.email.value("subject"),
            "body": self.email.value("body"),
            "created_at": self.created_at.isoformat(),
            "sent_at": self.created_at.isoformat(),
            "completed_at": done,
            "phone_number": None,
            "postage": None,
        }


def final_status(final: FaultRule | None, report: FaultRule | None) -> str:
    """Returns what an email comes to: after the first final status later ones are dropped, as the service does."""
    if final and final.final in UNDELIVERED:
        return TECHNICAL_FAILURE
    if report is None:
        return DELIVERED
    return next((_OF_REPORT[each] for each in report.reports if each in _OF_REPORT), SENDING)


class Notifications:
    """Every email that was accepted, whatever key it came with."""

    def __init__(self) -> None:
        self._stored: dict[str, Notification] = {}

    def add(self, notification: Notification) -> None:
        self._stored[notification.id] = notification

    def find(self, notification_id: str) -> Notification | None:
        return self._stored.get(notification_id.lower())

    def listed(self, kind: KeyType, since: datetime) -> Iterator[Notification]:
        """Returns, newest first, what a key of this type sees of what was created at `since` or before it."""
        for each in reversed(self._stored.values()):
            if each.kind is kind and each.created_at <= since:
                yield each


def page_after(found: Sequence[Notification], older_than: str) -> tuple[Sequence[Notification], bool]:
    """Returns one page of those that are older than that one (all, without an id), and True if there are more."""
    ids = [each.id for each in found]
    start = (ids.index(older_than.lower()) + 1 if older_than.lower() in ids else len(ids)) if older_than else 0
    return found[start : start + PAGE], len(found) > start + PAGE


def is_kept(notification: Notification, days: int, now: datetime) -> bool:
    """True within the retention period: deletion is nightly, by whole days in London."""
    age = now.astimezone(_LONDON).date() - notification.created_at.astimezone(_LONDON).date()
    return age.days <= days
