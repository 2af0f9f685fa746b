"""An HTTP request, from what uvicorn hands over to what a function gets: the rules of Azure's host."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.host.app.runtime import Datum

type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class BodyTooLargeError(Exception):
    """The body is longer than the host allows."""


class Disconnected(Exception):  # noqa: N818 - not an error: people close their browsers
    """The caller has gone before its body was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is decoded and cut at its slashes; header names are in lower case, repeated values joined by commas."""

    method: str
    url: str
    path: tuple[str, ...]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


async def read_request(scope: Scope, receive: Receive, limit: int) -> Request:
    """Raises BodyTooLargeError for a body of more than `limit` bytes, Disconnected when it breaks off."""
    headers = _headers(scope["headers"])
    raw_path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        url=f"{scope['scheme']}://{headers.get('host', '')}{raw_path}{f'?{query}' if query else ''}",
        path=_segments(raw_path),
        headers=headers,
        query=_query(query),
        # A chunked body has no length, and functions do not get it.
        body=await _body(receive, int(headers.get("content-length", "0")), limit),
    )


def http_datum(request: Request, values: Mapping[str, str]) -> Datum:
    """What the runtime makes a `func.HttpRequest` of. Query parameters without a value are dropped."""
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(request.url, "string"),
            "headers": _texts(request.headers),
            "query": _texts({key: value for key, value in request.query.items() if value}),
            "params": _texts(values),
            "body": Datum(request.body, "bytes"),
        },
        "http",
    )


def _texts(values: Mapping[str, str]) -> dict[str, Datum]:
    return {key: Datum(value, "string") for key, value in values.items()}


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _segments(raw_path: str) -> tuple[str, ...]:
    # Kestrel leaves an encoded slash as it is, so that it does not cut.
    decoded = [unquote(part.replace("%2F", "%252F").replace("%2f", "%252f")) for part in raw_path.split("/")[1:]]
    return tuple(decoded[:-1] if decoded and decoded[-1] == "" else decoded)


def _query(text: str) -> dict[str, str]:
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        names.setdefault(key.lower(), key)
        values.setdefault(key.lower(), []).append(value)
    return {names[key]: ",".join(found) for key, found in values.items()}


async def _body(receive: Receive, length: int, limit: int) -> bytes:
    if length > limit:
        raise BodyTooLargeError
    body = bytearray()
    while len(body) < length:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
    return bytes(body)
