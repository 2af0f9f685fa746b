"""An HTTP response, from what a function returned to what uvicorn sends: the rules of Azure's host."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.app.runtime import Datum
from local.host.http.cookies import set_cookie_headers
from local.host.queues.newtonsoft import parse, print_token

type Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_PLAIN = (("content-type", "text/plain; charset=utf-8"),)
_BODILESS = {204, 205, 304}
# The server computes these itself.
_FRAMING = {"content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @classmethod
    def of_json(cls, document: Any, status: int = 200) -> "Response":
        return cls(status, (("content-type", "application/json; charset=utf-8"),), json.dumps(document).encode())


def function_response(returned: Datum | None) -> Response:
    """The response of an HTTP function that succeeded.

    Raises:
        ValueError: Azure's host would stumble over it: a body where the status allows none, an unreadable cookie.
    """
    if returned is None or returned.value is None:
        return Response(200)
    response = _from_text(returned.value) if returned.type == "string" else _from_http(returned.value)
    if response.body and response.status in _BODILESS:
        raise ValueError(f"a response of status {response.status} cannot have a body")
    return response


async def send_response(send: Send, response: Response, *, head: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode()) for name, value in response.headers]
    if response.status not in _BODILESS:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _from_http(value: Mapping[str, Any]) -> Response:
    headers: dict[str, tuple[str, str]] = {}
    for name, datum in value["headers"].items():
        # Of a name that occurs twice, in different case, the first stays; the content type is set anew each time.
        if name.lower() == "content-type" or name.lower() not in headers:
            headers[name.lower()] = (name, str(datum.value))
    kept = [pair for name, pair in headers.items() if name not in _FRAMING]
    cookies = [("set-cookie", cookie) for cookie in set_cookie_headers(value.get("cookies"))]
    return Response(_status(value["status_code"].value), (*kept, *cookies), value["body"].value)


def _from_text(text: str) -> Response:
    """A plain `str` is tried as JSON first, and an object with a `body` is taken for a whole response."""
    try:
        content = parse(text, dates=True)
    except ValueError:
        return Response(200, _PLAIN, text.encode())
    fields = {key.lower(): value for key, value in content.items()} if isinstance(content, dict) else {}
    if "body" not in fields:
        return Response(200, _PLAIN, print_token(content).encode())
    headers = fields.get("headers")
    pairs = tuple((str(n), str(v)) for n, v in headers.items()) if isinstance(headers, dict) else ()
    typed = pairs if any(name.lower() == "content-type" for name, _ in pairs) else (*pairs, *_PLAIN)
    status = _status(fields.get("statuscode", fields.get("status", 200)))
    return Response(status, typed, print_token(fields["body"]).encode())


def _status(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 200
