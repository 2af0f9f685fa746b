"""The ASGI application: the emulator's routes, and its responses to errors."""

import logging
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local.mail.errors import ConnectionDroppedError, ServiceError
from local.mail.http.control import ControlApi
from local.mail.http.exchange import DroppedConnection, RequestIdEcho, error_response
from local.mail.http.inbox import Inbox
from local.mail.notify.callbacks import CallbackPublisher
from local.mail.notify.errors import NotifyError
from local.mail.notify.service import NotifyService
from local.mail.reports import ReportPublisher
from local.mail.service import EmailService
from local.mail.settings import EmulatorSettings
from local.mail.state import Clock, State

_log = logging.getLogger(__name__)


def build_app(settings: EmulatorSettings, clock: Clock) -> ASGIApp:
    """The whole emulator. Its server puts the connection's transport into the scope, as `state["transport"]`.

    Handlers are coroutines: Starlette would run plain functions in threads, and the state is not made for that.
    """
    state = State(settings, clock)
    # Each handler takes its own kind of error, which Starlette's types cannot say.
    handlers: dict[Any, Any] = {
        ServiceError: _service_error,
        NotifyError: _notify_error,
        HTTPException: _no_route,
        ConnectionDroppedError: _dropped,
        Exception: _failed,
    }
    app = Starlette(routes=_routes(state), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return RequestIdEcho(app)


def _routes(state: State) -> list[Route]:
    reports, callbacks = ReportPublisher(state), CallbackPublisher(state)
    service, notify = EmailService(state, reports.on_delivery), NotifyService(state, callbacks)
    control, inbox = ControlApi(state, reports, callbacks), Inbox(state)
    return [
        Route("/emails:send", service.send, methods=["POST"]),
        Route("/emails/operations/{id}", service.status),
        Route("/v2/notifications/email", notify.send, methods=["POST"]),
        Route("/v2/notifications", notify.listed),
        Route("/v2/notifications/{id}", notify.found),
        Route("/messages", inbox.messages),
        Route("/messages", inbox.clear, methods=["DELETE"]),
        Route("/", inbox.page),
        Route("/messages/{number:int}", inbox.mail_page),
        Route("/messages/{number:int}/html", inbox.mail_html),
        Route("/messages/{number:int}/attachments/{position:int}", inbox.attachment),
        Route("/control/faults", control.list_faults),
        Route("/control/faults", control.add_faults, methods=["POST"]),
        Route("/control/faults", control.clear_faults, methods=["DELETE"]),
        Route("/control/settings", control.show_settings),
        Route("/control/settings", control.change_settings, methods=["POST"]),
        Route("/control/requests", control.show_requests),
        Route("/control/reports", control.show_reports),
        Route("/control/reset", control.reset, methods=["POST"]),
    ]


async def _service_error(_: Request, error: ServiceError) -> Response:
    return error_response(error)


async def _notify_error(_: Request, error: NotifyError) -> Response:
    return error.response()


async def _no_route(_: Request, error: HTTPException) -> Response:
    return error_response(ServiceError(error.status_code, error.detail))


async def _dropped(_: Request, __: ConnectionDroppedError) -> Response:
    return DroppedConnection()


async def _failed(_: Request, error: Exception) -> Response:
    # The kind of error and nothing else: its text and its traceback may quote the message.
    _log.error("the email emulator failed: %s", type(error).__name__)
    return error_response(ServiceError(500, "The emulator failed."))
