"""What the mail service reports of mails that it took, through Event Grid.

A report names its recipient. Its id and status are read here, and the rest goes nowhere: no log, no queue, no table.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import azure.functions as func

from shared.bootstrap import services
from shared.mail.delivery_reports import Receipt

logger = logging.getLogger(__name__)

bp = func.Blueprint()

_REPORTED = "Microsoft.Communication.EmailDeliveryReportReceived"
_TRIED_AT = ("deliveryAttemptTimeStamp", "deliveryAttemptTimestamp")  # as it is documented, and as it comes


@bp.event_grid_trigger(arg_name="event")
def delivery_report(event: func.EventGridEvent) -> None:
    receipt = read_report(event.event_type, event.get_json())
    if receipt is None:
        logger.warning("an event that is no delivery report is dropped")
        return
    built = services()
    now, operation_id = built.now(), str(receipt.operation_id)
    if built.referral_receipts.take(receipt, now) or built.booking_mailer.report(operation_id, receipt.status, now):
        return
    logger.info("a delivery report is about no mail that is known")


def read_report(event_type: str, data: object) -> Receipt | None:
    """What a report says of which mail, or None where it is none."""
    if event_type != _REPORTED or not isinstance(data, Mapping):
        return None
    try:
        operation_id = UUID(str(data.get("messageId")))
    except ValueError:
        return None
    return Receipt(operation_id, str(data.get("status")).strip().casefold(), _tried_at(data))


def _tried_at(data: Mapping[str, Any]) -> datetime | None:
    given = next((str(data[name]) for name in _TRIED_AT if data.get(name)), "")
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
