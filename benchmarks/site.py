"""The whole site in this process: Microsoft's runtime behind the local host, asked over HTTP."""

import asyncio
import http.client
import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from local.host.app.app import load_app
from local.host.app.runtime import Runtime
from local.host.clock import SystemClock
from local.host.host import Host, build_host
from local.paths import ROOT

_SECONDS = 60.0


class PageFailedError(Exception):
    """A page was not answered as it should be."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that answers on a port of 127.0.0.1."""

    port: int

    def get(self, path: str) -> bytes:
        """Returns the body of a page, asked for on a connection of its own. Raises PageFailedError."""
        status, body = self._ask("GET", path, b"", {"accept": "text/html"})
        if status != 200:
            raise PageFailedError(f"{path}: HTTP {status}")
        return body

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        """Returns the answer to a body, on a connection of its own. Raises PageFailedError if the service fails."""
        status, answer = self._ask("POST", path, body, {"content-type": content_type})
        if status >= 500:
            raise PageFailedError(f"{path}: HTTP {status}")
        return answer

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running_site(settings: Mapping[str, str]) -> Iterator[Site]:
    """Serves the app with these settings until the end. Once in a process, whose environment it changes."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    runtime = Runtime()
    host = build_host(load_app(ROOT, settings, runtime), runtime, SystemClock())
    with socket.create_server(("127.0.0.1", 0)) as listening, _serving(host, listening):
        yield Site(listening.getsockname()[1])


@contextmanager
def _serving(host: Host, listening: socket.socket) -> Iterator[None]:
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(host.run(listening, ready.set, stop)), name="host")
    thread.start()
    ready.wait(_SECONDS)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        host.close()
        loop.close()
