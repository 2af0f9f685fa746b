"""The host's ASGI application."""

import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from local.host.app.eventgrid import EventGridWebhook
from local.host.app.functions import AuthLevel
from local.host.app.runtime import Call
from local.host.http.admin import Admin
from local.host.http.keys import KeyAuthorization, presented_key
from local.host.http.request import http_datum, path_segments
from local.host.http.response import function_response
from local.host.http.routes import Route, Routes
from local.host.invocations import Invocations

_log = logging.getLogger("functions.host")

_HOME = "<!DOCTYPE html><title>Function host</title><p>The function app is up and running."


class Web:
    """Admin endpoints and webhooks first, then the functions, then the home page; everything else is 404."""

    def __init__(
        self,
        routes: Routes,
        invocations: Invocations,
        authorization: KeyAuthorization,
        endpoints: tuple[Admin, EventGridWebhook],
        *,
        home_page: bool,
    ) -> None:
        """`home_page`: False for an empty answer at `/`, where no function takes it."""
        self._routes = routes
        self._invocations = invocations
        self._authorization = authorization
        self._admin, self._event_grid = endpoints
        self._home = HTMLResponse(_HOME) if home_page else Response(status_code=204)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:
            return  # not an error: people close their browsers
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = path_segments(request)
        match [part.lower() for part in path]:
            case ["admin", *_]:
                return await self._admin(request)
            case ["runtime", "webhooks", "eventgrid"]:
                allowed = self._authorization.allows(presented_key(request), AuthLevel.SYSTEM)
                return await self._event_grid(request) if allowed else Response(status_code=401)
        found = self._routes.find(request.method, path)
        if found:
            return await self._run(*found, request)
        return Response(status_code=404) if path else self._home

    async def _run(self, route: Route, values: dict[str, str], request: Request) -> Response:
        key = presented_key(request)
        if not self._authorization.allows(key, route.trigger.level):
            return Response(status_code=401)
        if route.function.disabled and not self._authorization.is_master(key):
            return Response(status_code=404)
        call = Call([(route.trigger.param, await http_datum(request, values))])
        outcome = await self._invocations.run(route.function, call)
        if not outcome.ok:
            return Response(status_code=500)
        try:
            return function_response(outcome.returned)
        except ValueError:
            _log.exception("The response of %s cannot be sent", route.function.name)
            return Response(status_code=500)
