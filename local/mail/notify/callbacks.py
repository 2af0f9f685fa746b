"""Delivery reports of GOV.UK Notify: posted to one address, with a bearer token, once the status is final."""

import asyncio
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from http.client import HTTPException

from local.mail.faults import FaultRule
from local.mail.notify.notifications import FINAL, TECHNICAL_FAILURE, Notification
from local.mail.state import State

_RETRY_DELAYS = (1.0, 1.0, 2.0, 2.0, 4.0)  # five, as there: minutes apart there, seconds here
_TIMEOUT = 5.0
_TICK = 0.05

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # one for all: each takes 36 ms of CPU to build

_log = logging.getLogger(__name__)


def callback_body(notification: Notification, now: datetime) -> dict[str, object]:
    """The report of one email, as the service's documentation has it. `to` is personal."""
    return {
        "id": notification.id,
        "reference": notification.email.reference,
        "to": notification.email.email_address,
        "status": notification.final,
        "created_at": notification.created_at.isoformat(),
        "completed_at": now.isoformat(),
        "sent_at": notification.created_at.isoformat(),
        "notification_type": "email",
        "template_id": str(notification.email.template_id),
        "template_version": 1,
    }


class CallbackPublisher:
    """Posts one report for each email in the background; none for `technical-failure`, as the service's source has it.

    It is posted again after a connection that failed, a 5xx and a 429. Any other answer ends it, a 4xx too.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """Number of reports that are still to be posted."""
        return len(self._tasks)

    def on_accepted(self, notification: Notification, fault: FaultRule | None) -> None:
        """Begins the report; `fault` loses it, doubles it or has it wait."""
        kind = fault.callback if fault else None
        is_reported = notification.final in FINAL and notification.final != TECHNICAL_FAILURE
        if not self._state.settings.notify_callback or not is_reported or kind == "lost":
            return
        late = timedelta(seconds=(fault.seconds or 0) if fault and kind == "late" else 0)
        task = asyncio.create_task(self._publish(notification, late, times=2 if kind == "twice" else 1))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, notification: Notification, late: timedelta, times: int) -> None:
        settings = self._state.settings
        due = notification.created_at + settings.status_lag + settings.running_for + late
        while self._state.clock() < due:  # noqa: ASYNC110 - nothing announces that the clock was moved
            await asyncio.sleep(_TICK)
        body = callback_body(notification, self._state.clock())
        for _ in range(times):
            await _deliver(body, settings.notify_callback or "", settings.notify_callback_token)


async def _deliver(body: dict[str, object], url: str, token: str, pauses: Sequence[float] = _RETRY_DELAYS) -> None:
    for pause in (*pauses, None):
        status = await asyncio.to_thread(_post, body, url, token)
        if 0 < status < 500 and status != 429:
            if status >= 300:
                _log.error("a report was answered with %d and is lost", status)
            return
        if pause is not None:
            await asyncio.sleep(pause)
    _log.error("a report could not be posted and is lost")


def _post(body: dict[str, object], url: str, token: str) -> int:
    """The status of the answer; 0 if there was none."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 - set by whoever started the emulator
    try:
        with _DIRECT.open(request, timeout=_TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException):
        return 0
