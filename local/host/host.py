"""The host: everything put together, from the first request to the last run."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp

from local.host.app.app import App
from local.host.app.eventgrid import EventGridWebhook
from local.host.app.runtime import Runtime
from local.host.clock import Clock
from local.host.http.admin import Admin
from local.host.http.keys import HostKeys, KeyAuthorization
from local.host.http.routes import Routes
from local.host.http.web import Web
from local.host.invocations import Invocations
from local.host.listeners import QueueWatchers, queue_listeners, timer_listeners
from local.host.manual import ManualCalls
from local.host.queues.listener import QueueListener
from local.host.queues.outputs import Outputs
from local.host.queues.storage import Encoding, Storage
from local.host.services import HostServices
from local.host.timers.idle import Idleness
from local.host.timers.timers import TimerListener

_log = logging.getLogger("functions.host")

# Real seconds that running functions get to end when the host is told to stop.
GRACE_SECONDS = 5
_RESTART_DELAY_SECONDS = 1.0
_BODY_LIMIT = 104_857_600  # bytes


@dataclass(frozen=True, slots=True)
class Host:
    runtime: Runtime
    storage: Storage
    invocations: Invocations
    web: ASGIApp
    queues: tuple[QueueListener, ...]
    timers: tuple[TimerListener, ...]

    async def run(self, listening: socket.socket, on_ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serves until `stop` is set, then begins nothing more and gives what runs a few seconds to end."""
        self.runtime.start()
        # Before anyone is told that the host is ready, so that whoever is told may put something on a queue.
        await asyncio.gather(*(queue.create() for queue in self.queues))
        server = _Server(_uvicorn_config(self.web))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.ready.wait()
        listening_for = [listener.listen for listener in self.queues] + [timer.listen for timer in self.timers]
        tasks = [asyncio.create_task(_forever(listen)) for listen in listening_for]
        on_ready()
        await stop.wait()
        for task in tasks:
            task.cancel()
        server.should_exit = True
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await serving
                await self.invocations.wait_until_idle()
        except TimeoutError:
            _log.warning("The host stops although a function is still running")

    def close(self) -> None:
        self.runtime.stop()
        self.storage.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]  # only ever entered, as a context
        """Leaves signals to whoever runs the host: a stop is no failure, and ends with exit code 0."""
        return nullcontext()


def build_host(
    app: App, runtime: Runtime, clock: Clock, keys: HostKeys | None = None, state_dir: Path | None = None
) -> Host:
    """Raises HostStartError for whatever Azure, or this host, would not serve. Speaks to nothing yet."""
    watchers = QueueWatchers()
    storage = Storage(app.settings, Encoding(app.hostfile.queues.base64))
    invocations = Invocations(runtime, Outputs(storage, watchers.notify), app.hostfile.function_timeout)
    services = HostServices(clock, invocations, watchers.notify)
    queues = queue_listeners(app, storage, services)
    for listener in queues:
        watchers.add(listener)
    timers = timer_listeners(app, state_dir, services)
    idleness = Idleness(invocations, queues, timers.values())
    by_name = {function.name.lower(): function for function in app.functions}
    authorization = KeyAuthorization(keys)
    admin = Admin(by_name, ManualCalls(clock, timers), invocations, idleness, authorization)
    endpoints = (admin, EventGridWebhook(by_name, invocations))
    home_page = (app.settings.get("AzureWebJobsDisableHomepage") or "").lower() != "true"
    routes = Routes(app.functions, app.hostfile.route_prefix)
    web = _with_body_limit(app, Web(routes, invocations, authorization, endpoints, home_page=home_page))
    return Host(runtime, storage, invocations, web, tuple(queues), tuple(timers.values()))


def _with_body_limit(app: App, web: ASGIApp) -> ASGIApp:
    limit = app.settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") or ""
    return RequestBodyLimitMiddleware(web, int(limit) if limit.isdecimal() else _BODY_LIMIT)


def _uvicorn_config(web: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


async def _forever(listen: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await listen()
        except Exception:  # noqa: BLE001 - whatever it was, the others must go on and it must come back
            _log.exception("A listener failed and is restarted")
        await asyncio.sleep(_RESTART_DELAY_SECONDS)
