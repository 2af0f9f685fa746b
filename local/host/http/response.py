"""The rules by which Azure's host makes an HTTP response of what a function returned."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from local.host.app.runtime import Datum
from local.host.http.cookies import set_cookie_headers
from local.host.queues.newtonsoft import parse, print_token

_PLAIN = ("content-type", "text/plain; charset=utf-8")
_BODILESS = {204, 205, 304}
# The server computes these itself.
_FRAMING = {"content-length", "transfer-encoding", "connection"}


def function_response(returned: Datum | None) -> Response:
    """The response of an HTTP function that succeeded.

    Raises:
        ValueError: Azure's host would fail: a body where the status allows none, an unreadable cookie.
    """
    if returned is None or returned.value is None:
        return Response()
    response = _from_text(returned.value) if returned.type == "string" else _from_http(returned.value)
    if response.body and response.status_code in _BODILESS:
        raise ValueError(f"a response of status {response.status_code} cannot have a body")
    return response


def _response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Response:
    """A response whose header names keep their case, whose values may be any text, and where a name may repeat."""
    response = Response(body, status)
    response.raw_headers += [(name.encode("latin-1"), value.encode()) for name, value in headers]
    return response


def _from_http(value: Mapping[str, Any]) -> Response:
    headers: dict[str, tuple[str, str]] = {}
    for name, datum in value["headers"].items():
        # Of a name that occurs twice, in different case, the first stays; the content type is set anew each time.
        if name.lower() == "content-type" or name.lower() not in headers:
            headers[name.lower()] = (name, str(datum.value))
    kept = [pair for name, pair in headers.items() if name not in _FRAMING]
    cookies = [("set-cookie", cookie) for cookie in set_cookie_headers(value.get("cookies"))]
    return _response(_status(value["status_code"].value), (*kept, *cookies), value["body"].value)


def _from_text(text: str) -> Response:
    """A plain `str` is tried as JSON first, and an object with a `body` is taken for a whole response."""
    try:
        content = parse(text, dates=True)
    except ValueError:
        return _response(200, [_PLAIN], text.encode())
    fields = {key.lower(): value for key, value in content.items()} if isinstance(content, dict) else {}
    if "body" not in fields:
        return _response(200, [_PLAIN], print_token(content).encode())
    headers = fields.get("headers")
    pairs = [(str(name), str(value)) for name, value in headers.items()] if isinstance(headers, dict) else []
    typed = pairs if any(name.lower() == "content-type" for name, _ in pairs) else [*pairs, _PLAIN]
    status = _status(fields.get("statuscode", fields.get("status", 200)))
    return _response(status, typed, print_token(fields["body"]).encode())


def _status(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 200
