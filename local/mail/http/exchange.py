"""One HTTP request and its response, between ASGI and the rest of the emulator."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local.mail.errors import ServiceError, error_body

type Scope = MutableMapping[str, Any]
type Event = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Event]]
type Send = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request; `target` is path and query as they were sent (signed that way), header names are lower-case."""

    method: str
    path: str
    target: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ServiceError: 400, it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise ServiceError(400, "The request body is not valid JSON.") from None


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(value).encode()
    return Response(status, body, {"content-type": "application/json; charset=utf-8", **(headers or {})})


def error_response(error: ServiceError) -> Response:
    headers = {"x-ms-error-code": error.code}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return json_response({"error": error_body(error.code, error.message, error.target)}, error.status, headers)


async def read_request(scope: Scope, receive: Receive) -> Request:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=scope["path"],
        target=f"{path}?{query}" if query else path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=await _read_body(receive),
    )


async def _read_body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        event = await receive()
        chunks.append(event.get("body", b""))
        more = event["type"] == "http.request" and event.get("more_body", False)
    return b"".join(chunks)


async def send_response(response: Response, send: Send) -> None:
    headers = {"content-length": str(len(response.body)), **response.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    await send({"type": "http.response.body", "body": response.body})


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Closes the TCP connection without an answer: what a caller sees when a network or a front end breaks."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
