"""Delivery reports of the email service: an Event Grid trigger for Azure's, an HTTP function for GOV.UK Notify's.

A report names its recipient. Only its id, status and time are read; the rest goes to no log, queue or table.
"""

import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import azure.functions as func

from functions.forms.body import BodyTooLargeError, MalformedBodyError
from functions.forms.request_values import header
from functions.problems.http_errors import PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.responses import respond
from shared.bootstrap import services
from shared.mail.delivery_reports import DeliveryReport, reported_status
from shared.tables.table import parse_moment

logger = logging.getLogger(__name__)

bp = func.Blueprint()

_EVENT_TYPE = "Microsoft.Communication.EmailDeliveryReportReceived"
_ATTEMPT_TIME_FIELDS = ("deliveryAttemptTimeStamp", "deliveryAttemptTimestamp")  # as documented, and as sent
_LONGEST = 100  # characters of an id, a status or a time
_MOST_BYTES = 8 * 1024  # a report of Notify has some 400


@bp.event_grid_trigger(arg_name="event")
def delivery_report(event: func.EventGridEvent) -> None:
    report = read_report(event.event_type, event.get_json())
    if report is None:
        logger.warning("dropped an event that is not an email delivery report")
        return
    _record(report)


@bp.route(route="mail/notify-report", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def notify_report(req: func.HttpRequest) -> func.HttpResponse:
    """Takes a report of GOV.UK Notify: 204 once it is recorded, or if it is about no email of this service.

    Notify posts it again after a 5xx, as for storage that does not answer, and loses it after any 4xx.
    """
    tokens = services().mail.callback_tokens
    if not tokens:
        raise PageNotFoundError
    if not _is_of_notify(header(req, "authorization"), tokens):
        logger.warning("refused a delivery report without the token of this service: the daily question replaces it")
        return respond("", "text/plain", 401)
    report = read_notify_report(req.get_body())
    if report is not None:
        _record(report)
    return respond("", "text/plain", 204)


def _is_of_notify(authorization: str, tokens: Sequence[str]) -> bool:
    given = authorization.encode(errors="replace")
    return any(hmac.compare_digest(given, f"Bearer {token}".encode()) for token in tokens)


def read_notify_report(body: bytes) -> DeliveryReport | None:
    """The report in a body; None if it is not final, or about an email that this service did not send.

    Raises:
        BodyError: it is none.
    """
    if len(body) > _MOST_BYTES:
        raise BodyTooLargeError
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedBodyError from None
    if not isinstance(data, Mapping):
        raise MalformedBodyError
    status = reported_status(_text(data.get("status")))
    try:
        reference = UUID(_text(data.get("reference")))
    except ValueError:
        return None  # sent by hand on the website
    return None if status is None else DeliveryReport(reference, status)


def _record(report: DeliveryReport) -> None:
    built = services()
    if not built.record_report(report, built.now()):
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
    return parse_moment(given)


def _text(value: object) -> str:
    return str(value)[:_LONGEST]
