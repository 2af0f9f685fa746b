"""The host's front: an ASGI application for uvicorn."""

import logging
from dataclasses import dataclass

from local.host.app.eventgrid import EventGridWebhook
from local.host.app.functions import AuthLevel
from local.host.app.runtime import Call
from local.host.http.admin import Admin
from local.host.http.keys import Gate, presented_key
from local.host.http.request import BodyTooLargeError, Disconnected, Receive, Request, Scope, http_datum, read_request
from local.host.http.response import Response, Send, function_response, send_response
from local.host.http.routes import Route, Routes
from local.host.invocations import Invocations

_log = logging.getLogger("functions.host")

BODY_LIMIT = 104_857_600
_HOME = b"<!DOCTYPE html><title>Function host</title><p>The function app is up and running."


@dataclass(frozen=True, slots=True)
class WebOptions:
    """`home_page`: whether `/` shows one when no function takes it; bytes for the limit."""

    body_limit: int = BODY_LIMIT
    home_page: bool = True


class Web:
    """Admin endpoints and webhooks first, then the functions, then the home page; everything else is 404."""

    def __init__(
        self,
        routes: Routes,
        invocations: Invocations,
        gate: Gate,
        endpoints: tuple[Admin, EventGridWebhook],
        options: WebOptions,
    ) -> None:
        self._routes = routes
        self._invocations = invocations
        self._gate = gate
        self._admin, self._event_grid = endpoints
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = await self._respond(await read_request(scope, receive, self._options.body_limit))
        except BodyTooLargeError:
            response = Response(413, (("connection", "close"),))
        except Disconnected:
            return
        except Exception:  # noqa: BLE001 - the caller gets an answer, whatever it was
            _log.exception("The host itself failed to handle a request")
            response = Response(500)
        await send_response(send, response, head=scope["method"] == "HEAD")

    async def _respond(self, request: Request) -> Response:
        match [part.lower() for part in request.path]:
            case ["admin", *_]:
                return await self._admin(request)
            case ["runtime", "webhooks", "eventgrid"]:
                allowed = self._gate.opens(presented_key(request.headers, request.query), AuthLevel.SYSTEM)
                return await self._event_grid(request) if allowed else Response(401)
        found = self._routes.find(request.method, request.path)
        if found:
            return await self._run(*found, request)
        return self._home() if not request.path else Response(404)

    async def _run(self, route: Route, values: dict[str, str], request: Request) -> Response:
        key = presented_key(request.headers, request.query)
        if not self._gate.opens(key, route.trigger.level):
            return Response(401)
        if route.function.disabled and not self._gate.is_master(key):
            return Response(404)
        call = Call([(route.trigger.param, http_datum(request, values))])
        outcome = await self._invocations.run(route.function, call)
        if not outcome.ok:
            return Response(500)
        try:
            return function_response(outcome.returned)
        except ValueError:
            _log.exception("The response of %s cannot be sent", route.function.name)
            return Response(500)

    def _home(self) -> Response:
        if not self._options.home_page:
            return Response(204)
        return Response(200, (("content-type", "text/html"),), _HOME)
