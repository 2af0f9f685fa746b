"""Serves a function app until the process is told to stop."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from local.host.app.app import load_app
from local.host.app.runtime import Runtime
from local.host.clock import Clock, SystemClock
from local.host.errors import HostStartError
from local.host.host import Host, build_host
from local.host.http.keys import HostKeys
from local.host.logs import configure_logging

_LAST_SECONDS = 1.0


def serve(  # noqa: PLR0913 - each of them by name
    app_root: Path,
    *,
    port: int,
    settings: Mapping[str, str],
    clock: Clock | None = None,
    keys: HostKeys | None = None,
    state_dir: Path | None = None,
    on_ready: Callable[[], None] | None = None,
) -> int:
    """Serves the app on 127.0.0.1 until SIGINT, SIGTERM or, on Windows, Ctrl+Break. Once in a process.

    Args:
        app_root: the folder with function_app.py and host.json; becomes the current folder and the first import path.
        port: of 127.0.0.1.
        settings: the app's settings; they are put into the environment before the app is imported.
        clock: what timers, polling and retries go by; the machine's without it.
        keys: without them no key is asked for.
        state_dir: where timers remember their last run over a restart; without it they do not.
        on_ready: called once requests are answered.

    Returns:
        The exit code: 0 when it was told to stop, 1 when it could not start, with the reason on standard error.
        It does not return when a function outlives the grace period: then the process ends here, with 0.
    """
    configure_logging()
    state = state_dir.resolve() if state_dir else None
    try:
        runtime = Runtime()
        host = build_host(load_app(app_root.resolve(), settings, runtime), runtime, clock or SystemClock(), keys, state)
        listening = _listen(port)
    except HostStartError as error:
        return _refuse(app_root, str(error))
    except OSError as error:
        return _refuse(app_root, f"Port {port} of 127.0.0.1: {error}")
    except Exception as error:  # noqa: BLE001 - an app may raise anything while it is imported
        traceback.print_exception(error)
        return _refuse(app_root, f"{type(error).__name__}: {error}")
    threads = set(threading.enumerate())
    with listening:
        asyncio.run(_run(host, listening, on_ready or _nothing))
    _exit_if_threads_remain(set(threading.enumerate()) - threads)
    return 0


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio looks at it: only then are small answers sent without delay.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there the option lets two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _exit_if_threads_remain(threads: set[threading.Thread]) -> None:
    """Python would wait at its end for every thread of a pool, so for a function that never comes to its end."""
    deadline = time.monotonic() + _LAST_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


async def _run(host: Host, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    with _signals_to(asyncio.get_running_loop(), stop):
        try:
            await host.run(listening, on_ready, stop)
        finally:
            host.close()


@contextmanager
def _signals_to(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse(app_root: Path, reason: str) -> int:
    print(f"The function app in {app_root} cannot start. {reason}", file=sys.stderr)
    return 1


def _nothing() -> None:
    pass
