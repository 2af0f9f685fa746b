"""HTTP requests as the Functions host hands them over."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import azure.functions as func

URL = "https://support.example/bookings"
FORM = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def get(path: str = "", **headers: str) -> func.HttpRequest:
    return func.HttpRequest("GET", URL, headers=_named(headers), route_params={"path": path}, body=b"")


def get_token(location: str, **headers: str) -> func.HttpRequest:
    """A request for the page at this address, whose last part is a token."""
    route = {"token": location.rpartition("/")[2]}
    return func.HttpRequest("GET", URL, headers=_named(headers), route_params=route, body=b"")


def post(body: bytes, content_type: str = FORM, **headers: str) -> func.HttpRequest:
    return func.HttpRequest("POST", URL, headers={"content-type": content_type} | _named(headers), body=body)


def form(fields: Mapping[str, str] | list[tuple[str, str]], **headers: str) -> func.HttpRequest:
    """A form as a browser sends it."""
    return post(urlencode(fields).encode(), **({"accept": BROWSER} | headers))


def json_post(value: Any, **headers: str) -> func.HttpRequest:
    return post(json.dumps(value).encode(), "application/json", **headers)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Outbox(func.Out[Any]):
    """Collects the messages that a function puts on a queue."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def set(self, val: Any) -> None:
        self.messages.append(val)

    def get(self) -> Any:
        return self.messages[-1]
