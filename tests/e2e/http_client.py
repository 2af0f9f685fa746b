"""A browser's and an API client's half of the conversation, without following where an answer points."""

import gzip
import http.client
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.smoke.client import hidden_fields

__all__ = ["Answer", "all_at_once", "ask", "get", "hidden_fields", "post_form", "post_json"]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def get(url: str, **headers: str) -> Answer:
    return _ask("GET", url, None, headers)


def ask(method: str, url: str, **headers: str) -> Answer:
    """A request without a body, by any method."""
    return _ask(method, url, None, headers)


def get_json(url: str) -> Answer:
    return get(url, accept="application/json")


def post_json(url: str, body: object, **headers: str) -> Answer:
    return _ask("POST", url, json.dumps(body).encode(), {"content-type": "application/json"} | headers)


def post_form(url: str, fields: Mapping[str, Any] | Iterable[tuple[str, str]]) -> Answer:
    body = urlencode(fields if isinstance(fields, Mapping) else list(fields), doseq=True).encode()
    return _ask("POST", url, body, {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"})


def all_at_once(url: str, bodies: list[Any]) -> list[Answer]:
    """Posts them all as nearly at the same time as threads allow; answers in the order of the bodies."""
    with ThreadPoolExecutor(max_workers=len(bodies)) as pool:
        return list(pool.map(lambda body: post_json(url, body), bodies))


def _ask(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=120)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, dict(headers))
        answer = connection.getresponse()
        lowered = {name.lower(): value for name, value in answer.getheaders()}
        read = answer.read()
        plain = gzip.decompress(read) if lowered.get("content-encoding") == "gzip" else read
        return Answer(answer.status, lowered, plain.decode())
    finally:
        connection.close()
