"""The ASGI application: which request goes where, and what becomes of errors."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from local.mail.errors import ConnectionDroppedError, ServiceError
from local.mail.http.control import ControlApi
from local.mail.http.exchange import (
    Receive,
    Request,
    Response,
    Scope,
    Send,
    drop_connection,
    error_response,
    read_request,
    send_response,
)
from local.mail.http.inbox import Inbox
from local.mail.reports import ReportPublisher
from local.mail.service import EmailService
from local.mail.settings import EmulatorSettings
from local.mail.state import Clock, State

type Handler = Callable[..., Response | Awaitable[Response]]

_log = logging.getLogger(__name__)


class Route(NamedTuple):
    method: str
    path: re.Pattern[str]
    handler: Handler


def _route(method: str, path: str, handler: Handler) -> Route:
    """`path` is literal but for its names in braces: `{id}` stands for any one segment, `{n}` for a number."""
    pattern = re.escape(path).replace(r"\{id\}", "([^/]+)").replace(r"\{n\}", "([0-9]{1,9})")
    return Route(method, re.compile(pattern), handler)


class EmailEmulator:
    """The whole emulator. Its server puts the connection's transport into the scope, as `state["transport"]`."""

    def __init__(self, settings: EmulatorSettings, clock: Clock) -> None:
        state = State(settings, clock)
        reports = ReportPublisher(state)
        service, control, inbox = EmailService(state, reports.on_delivery), ControlApi(state, reports), Inbox(state)
        self._routes = (
            _route("POST", "/emails:send", service.send),
            _route("GET", "/emails/operations/{id}", service.status),
            _route("GET", "/messages", inbox.messages),
            _route("DELETE", "/messages", inbox.clear),
            _route("GET", "/", inbox.page),
            _route("GET", "/messages/{n}", inbox.mail_page),
            _route("GET", "/messages/{n}/html", inbox.mail_html),
            _route("GET", "/messages/{n}/attachments/{n}", inbox.attachment),
            _route("GET", "/control/faults", control.list_faults),
            _route("POST", "/control/faults", control.add_faults),
            _route("DELETE", "/control/faults", control.clear_faults),
            _route("GET", "/control/settings", control.show_settings),
            _route("POST", "/control/settings", control.change_settings),
            _route("GET", "/control/requests", control.show_requests),
            _route("GET", "/control/reports", control.show_reports),
            _route("POST", "/control/reset", control.reset),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        try:
            response = await self._respond(request)
        except ConnectionDroppedError:
            await drop_connection(scope, receive)
            return
        await send_response(_echo_request_id(request, response), send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._handle(request)
        except ServiceError as error:
            return error_response(error)
        except ConnectionDroppedError:
            raise
        except Exception as error:  # noqa: BLE001 - the last stop: the caller gets a 500, the person a line
            # The kind of error and nothing else: its text and its traceback may quote the message.
            _log.error("the e-mail emulator failed: %s", type(error).__name__)
            return error_response(ServiceError(500, "The emulator failed."))

    async def _handle(self, request: Request) -> Response:
        matches = [(route, match) for route in self._routes if (match := route.path.fullmatch(request.path))]
        for route, match in matches:
            if route.method == request.method:
                response = route.handler(request, *match.groups())
                return response if isinstance(response, Response) else await response
        if matches:
            raise ServiceError(405, "The method is not allowed here.")
        raise ServiceError(404, "There is nothing at this address.")


def _echo_request_id(request: Request, response: Response) -> Response:
    wanted = request.headers.get("x-ms-return-client-request-id") == "true"
    sent = request.headers.get("x-ms-client-request-id")
    if not wanted or not sent:
        return response
    return Response(response.status, response.body, {**response.headers, "x-ms-client-request-id": sent})
