"""Delivery reports, as Event Grid posts them to a webhook."""

import asyncio
import json
import logging
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from local.mail.mailbox import Mail
from local.mail.state import State

EVENT_TYPE = "Microsoft.Communication.EmailDeliveryReportReceived"
TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.Communication/communicationServices/local"
)
_RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0)
_TIMEOUT = 5.0
_TICK = 0.05
_DETAILS = {
    "Failed": "451 4.4.1 Connection to the recipient's server failed",
    "Bounced": "550 5.1.1 The recipient's address does not exist",
    "Suppressed": "The recipient is on the suppression list",
    "Quarantined": "The message was quarantined",
    "FilteredSpam": "The message was taken for spam",
}

type Event = dict[str, Any]

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # one for all: each takes 36 ms of CPU to build

_log = logging.getLogger(__name__)


def report_events(mail: Mail, now: datetime) -> list[Event]:
    """The events of one email: for each status in turn, one for each recipient.

    Shape: event-grid/communication-services-email-events.md, with the timestamp spelt as captured events spell it
    (`deliveryAttemptTimestamp`; the page says `...TimeStamp`).
    """
    recipients = mail.submission.message.recipients.everyone
    return [_event(mail, recipient, status, now) for status in mail.reports for recipient in recipients]


def _event(mail: Mail, recipient: str, status: str, now: datetime) -> Event:
    sender = mail.submission.message.sender_address
    data = {
        "sender": sender,
        "recipient": recipient,
        "internetMessageId": mail.message_id,
        "messageId": mail.operation.id,
        "status": status,
        "deliveryStatusDetails": {
            "statusMessage": _DETAILS.get(status, ""),
            "recipientMailServerHostName": recipient.rpartition("@")[2],
        },
        "deliveryAttemptTimestamp": now.isoformat(),
    }
    return {
        "id": str(uuid4()),
        "topic": TOPIC,
        "subject": f"sender/{sender}/message/{mail.operation.id}",
        "data": data,
        "eventType": EVENT_TYPE,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": now.isoformat(),
    }


class ReportPublisher:
    """Posts the reports of each email in the background, once its operation has come to an end.

    An event that the webhook does not take is posted again a few times, seconds apart (Event Grid: for a day).
    The handshake that Event Grid makes when a subscription is created is not played.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """Number of emails whose reports are still to be posted."""
        return len(self._tasks)

    def on_delivery(self, mail: Mail) -> None:
        if self._state.settings.report_webhook and mail.reports:
            task = asyncio.create_task(self._publish(mail, self._state.settings.report_webhook))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _publish(self, mail: Mail, url: str) -> None:
        due = mail.time + self._state.settings.status_lag + self._state.settings.running_for
        await _until(due, self._state.clock)
        for event in report_events(mail, self._state.clock()):
            await _deliver(event, url)


async def _until(due: datetime, clock: Callable[[], datetime]) -> None:
    """Looks again and again: the clock may run fast or be moved meanwhile."""
    while clock() < due:  # noqa: ASYNC110 - nothing announces that the clock was moved
        await asyncio.sleep(_TICK)


async def _deliver(event: Event, url: str, pauses: Sequence[float] = _RETRY_DELAYS) -> None:
    for pause in (*pauses, None):
        if await asyncio.to_thread(_post, event, url):
            return
        if pause is not None:
            await asyncio.sleep(pause)
    _log.error("a delivery report could not be posted to the webhook and was dropped")


def _post(event: Event, url: str) -> bool:
    headers = {"Content-Type": "application/json; charset=utf-8", "aeg-event-type": "Notification"}
    request = urllib.request.Request(url, json.dumps([event]).encode(), headers, method="POST")  # noqa: S310 - set by whoever started the emulator
    try:
        with _DIRECT.open(request, timeout=_TIMEOUT) as answer:
            status: int = answer.status
    except (OSError, HTTPException):
        return False
    return 200 <= status < 300
