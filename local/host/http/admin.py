"""The host's own endpoints, under `/admin/`.

As in Azure: `POST /admin/functions/NAME` (master key, body `{"input": "..."}`) runs a function that is not an HTTP
function, now, even when it is disabled, and answers 202 at once; `GET /admin/host/status` tells that the host runs.
Only here: `?wait=true` on the former answers 200 after the run with `{"ok": true}` or `{"ok": false}`; the latter needs
no key; `GET /admin/host/idle` answers `{"idle": true}` when the host has come to rest, and with `?wait=SECONDS` (real
ones) does so as soon as it has, or after that time.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.host.app.functions import AuthLevel, Function
from local.host.app.runtime import Call
from local.host.http.keys import KeyAuthorization, presented_key
from local.host.http.request import path_segments
from local.host.invocations import Invocations
from local.host.timers.idle import Idleness

_LONGEST_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.05


class Admin:
    """`call_with` makes the call of a function out of the text that someone gave it as input; None: impossible."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        call_with: Callable[[Function, str | None], Call | None],
        invocations: Invocations,
        idleness: Idleness,
        authorization: KeyAuthorization,
    ) -> None:
        self._functions = functions
        self._call_with = call_with
        self._invocations = invocations
        self._idleness = idleness
        self._authorization = authorization

    async def __call__(self, request: Request) -> Response:
        match [request.method, *(part.lower() for part in path_segments(request)[1:])]:
            case ["GET", "host", "status"]:
                return JSONResponse({"state": "Running"})
            case ["GET", "host", "idle"]:
                return JSONResponse({"idle": await self._is_idle(request.query_params.get("wait", ""))})
            case ["POST", "functions", name]:
                return await self._run(name, request)
        return Response(status_code=404)

    async def _is_idle(self, wait: str) -> bool:
        seconds = float(wait) if wait.replace(".", "", 1).isdecimal() else 0.0
        deadline = time.monotonic() + min(seconds, _LONGEST_WAIT_SECONDS)
        while not await self._idleness.is_idle():
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def _run(self, name: str, request: Request) -> Response:
        key = presented_key(request)
        if not self._authorization.allows(key, AuthLevel.ADMIN):
            return Response(status_code=403 if self._authorization.is_known(key) else 401)
        function = self._functions.get(name)
        if function is None:
            return Response(status_code=404)
        try:
            call = self._call_with(function, _input(await request.body()))
        except ValueError:
            call = None
        if call is None:
            return Response(status_code=400)
        run = self._invocations.spawn(self._invocations.run(function, call))
        waits = request.query_params.get("wait", "").lower() == "true"
        return JSONResponse({"ok": (await run).ok}) if waits else Response(status_code=202)


def _input(body: bytes) -> str | None:
    """Raises ValueError if the body is not as it should be."""
    document: Any = json.loads(body)
    text = document.get("input") if isinstance(document, dict) else 0
    if text is None or isinstance(text, str):
        return text
    raise ValueError('the body has to be {"input": "text"}')
