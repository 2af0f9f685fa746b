"""One place below every client, at which the k-th request of a flow goes wrong.

Azure's clients for tables, blobs, email and the vault send through azure-core's `RequestsTransport`, and the client of
GOV.UK Notify through a session of its own: both end in `requests.adapters.HTTPAdapter.send`. A fault there passes
through the translation and the retries of the real clients, which a fault in a transport above them would not.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from azure.core.pipeline.transport import HttpTransport
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, ProtocolError

type Send = Callable[..., Response]


class Fault(StrEnum):
    """What becomes of one request. After `ANSWER_LOST`, `UNAVAILABLE_AFTER` and `CRASH_AFTER` it has been carried out.

    A crash is a `BaseException`: nothing that tidies up after errors runs, and the process is not used again.
    """

    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    ANSWER_LOST = "answer-lost"
    TOO_MANY = "429"
    UNAVAILABLE_AFTER = "503-after"
    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"


IS_CARRIED_OUT = frozenset({Fault.ANSWER_LOST, Fault.UNAVAILABLE_AFTER, Fault.CRASH_AFTER})
_CRASHES = frozenset({Fault.CRASH_BEFORE, Fault.CRASH_AFTER})
_STATUS = {Fault.TOO_MANY: 429, Fault.UNAVAILABLE_AFTER: 503}
# Each client finds the words of its own service in it: Azure's and Notify's.
_BODY = b'{"error": {"code": "Busy", "message": ""}, "errors": [{"error": "RateLimitError", "message": ""}]}'


class ProcessDiedError(BaseException):
    """The process died at this request."""


@dataclass
class FaultyNetwork:
    """Counts the requests of a flow from 0, and breaks the one at `at`; None for none of them.

    `requests` are those of the flow: method and address. `watchers` hear of every request that may write, armed or not:
    its address, and its body where it is a text.
    """

    at: int | None = None
    fault: Fault = Fault.REFUSED
    is_armed: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)
    watchers: list[Callable[[str], None]] = field(default_factory=list)

    @property
    def has_struck(self) -> bool:
        return self.at is not None and len(self.requests) > self.at

    @contextmanager
    def armed(self) -> Iterator[None]:
        """The body is the flow: its requests count, and one of them goes wrong."""
        self.is_armed = True
        try:
            yield
        finally:
            self.is_armed = False

    def carry(self, request: PreparedRequest, send: Callable[[], Response]) -> Response:
        """The answer to a request, or what becomes of it instead."""
        if request.method not in {"GET", "HEAD"}:
            written = f"{request.url} {_text(request.body)}"
            for watcher in self.watchers:
                watcher(written)
        if not self.is_armed:
            return send()
        number = len(self.requests)
        self.requests.append((request.method or "", request.url or ""))
        if number != self.at:
            return send()
        if self.fault in IS_CARRIED_OUT:
            _ = send().content  # read to its end, and given to nobody
        if self.fault in _CRASHES:
            self.is_armed = False
            raise ProcessDiedError(number)
        return self._broken(request)

    def _broken(self, request: PreparedRequest) -> Response:
        if self.fault in _STATUS:
            return _answer(request, _STATUS[self.fault])
        if self.fault is Fault.TIMED_OUT:
            raise ReadTimeout(request=request)
        if self.fault is Fault.ANSWER_LOST:
            raise RequestsConnectionError(ProtocolError("Connection aborted."), request=request)
        raise RequestsConnectionError(MaxRetryError(None, request.url or ""), request=request)  # type: ignore[arg-type]  # it needs no pool


@contextmanager
def faulty_network() -> Iterator[FaultyNetwork]:
    """Puts the network below every client of this process; no client waits before it tries again."""
    network, real, sleep = FaultyNetwork(), HTTPAdapter.send, HttpTransport.sleep

    def send(self: HTTPAdapter, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        return network.carry(request, lambda: real(self, request, *args, **options))

    HTTPAdapter.send = send  # type: ignore[method-assign]  # put back below
    HttpTransport.sleep = lambda *_: None  # type: ignore[method-assign]  # put back below
    try:
        yield network
    finally:
        HTTPAdapter.send = real  # type: ignore[method-assign]  # as it was
        HttpTransport.sleep = sleep  # type: ignore[method-assign]  # as it was


def _answer(request: PreparedRequest, status: int) -> Response:
    answer = Response()
    answer.status_code, answer.request, answer.url = status, request, request.url or ""
    answer.headers.update({"Content-Type": "application/json", "Retry-After": "60"})
    answer.raw = HTTPResponse(io.BytesIO(_BODY), dict(answer.headers), status, preload_content=False)
    return answer


def _text(body: object) -> str:
    return body.decode("latin-1") if isinstance(body, bytes) else body if isinstance(body, str) else ""
