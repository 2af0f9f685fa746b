"""Event Grid trigger for delivery reports of the email service.

A report names its recipient. Only its id, status and time are read; the rest goes to no log, queue or table.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import azure.functions as func

from shared.bootstrap import services
from shared.mail.delivery_reports import DeliveryReport

logger = logging.getLogger(__name__)

bp = func.Blueprint()

_EVENT_TYPE = "Microsoft.Communication.EmailDeliveryReportReceived"
_ATTEMPT_TIME_FIELDS = ("deliveryAttemptTimeStamp", "deliveryAttemptTimestamp")  # as documented, and as sent
_LONGEST = 100  # characters of an id, a status or a time


@bp.event_grid_trigger(arg_name="event")
def delivery_report(event: func.EventGridEvent) -> None:
    report = read_report(event.event_type, event.get_json())
    if report is None:
        logger.warning("dropped an event that is not an email delivery report")
        return
    built = services()
    now, operation_id = built.now(), str(report.operation_id)
    if built.referrals.delivery_reports.take(report, now) or built.bookings.mailer.record_report(
        operation_id, report.status, now
    ):
        return
    logger.info("ignored a delivery report for an unknown email")


def read_report(event_type: str, data: object) -> DeliveryReport | None:
    """The delivery report in an event, or None if it has none."""
    if event_type != _EVENT_TYPE or not isinstance(data, Mapping):
        return None
    try:
        operation_id = UUID(_text(data.get("messageId")))
    except ValueError:
        return None
    return DeliveryReport(operation_id, _text(data.get("status")).strip().casefold(), _attempted_at(data))


def _attempted_at(data: Mapping[str, Any]) -> datetime | None:
    given = next((_text(data[name]) for name in _ATTEMPT_TIME_FIELDS if data.get(name)), "")
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> str:
    return str(value)[:_LONGEST]
