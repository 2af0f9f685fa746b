"""Serves the emulator on 127.0.0.1 until it is told to stop."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.mail.http.app import build_app
from local.mail.settings import EmulatorSettings
from local.mail.state import Clock

HOST = "127.0.0.1"
_SECONDS_TO_FINISH = 2
# Longer than any test pauses: a kept connection that is closed just as it is used again looks like a fault.
_SECONDS_KEPT_ALIVE = 600
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


class _Connection(H11Protocol):
    """Lets the application reach its connection; ASGI has no way to drop one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _AnnouncingServer(Server):
    def __init__(self, config: Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def serve(settings: EmulatorSettings, *, port: int, clock: Clock, on_ready: Callable[[], None] | None = None) -> int:
    """Runs the emulator until SIGTERM, SIGINT or Ctrl+Break; prints one line, with its URL, when it is ready.

    Args:
        settings: see there.
        port: on 127.0.0.1; 0 = any free one.
        clock: returns aware UTC; may be moved or change speed at any time.
        on_ready: called once requests are answered.

    Returns:
        The exit code: 0 after a stop, 1 if the port is taken.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        print(f"The email emulator cannot listen on port {port}: {error.strerror}", file=sys.stderr)
        return 1
    with listener, _ignore_repeated_signals():
        _server(settings, clock, listener, on_ready).run(sockets=[listener])
    return 0


def _server(
    settings: EmulatorSettings, clock: Clock, listener: socket.socket, on_ready: Callable[[], None] | None
) -> Server:
    def ready() -> None:
        print(f"Email emulator: http://{HOST}:{listener.getsockname()[1]}", flush=True)
        if on_ready:
            on_ready()

    config = Config(
        build_app(settings, clock),
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # an error's traceback may quote the message; the application logs its kind
        access_log=False,
        server_header=False,
        timeout_keep_alive=_SECONDS_KEPT_ALIVE,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    return _AnnouncingServer(config, ready)


@contextmanager
def _ignore_repeated_signals() -> Iterator[None]:
    """Uvicorn stops gracefully and then raises the signal again, for the handlers of before: these ignore it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    present = [getattr(signal, name) for name in _STOP_SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: None) for number in present}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
