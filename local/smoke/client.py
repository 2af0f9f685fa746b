"""A visitor's half of the conversation with a running installation, without following where an answer points."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

_SECONDS = 30.0  # for one answer: an instance that has to start takes some of them


class SmokeError(Exception):
    """The installation did not do what it should. The text names no booking, referral or address."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The document in it. Raises SmokeError if it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise SmokeError(f"no JSON, with HTTP {self.status}") from None


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to one address of an installation. `url` has no slash at its end."""

    url: str

    def get(self, path: str, *, accept: str = "text/html", status: int = 200) -> Answer:
        """The answer. Raises SmokeError if there is none, or it has another status."""
        return self._ask("GET", path, None, {"accept": accept}, status)

    def post_json(self, path: str, body: object, *, status: int) -> Answer:
        """As `get`."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        return self._ask("POST", path, json.dumps(body).encode(), headers, status)

    def post_form(self, path: str, fields: Mapping[str, str], *, status: int) -> Answer:
        """As `get`."""
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html", "origin": self.url}
        return self._ask("POST", path, urlencode(fields).encode(), headers, status)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], status: int) -> Answer:
        parts = urlsplit(self.url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.netloc, timeout=_SECONDS)
        try:
            connection.request(method, path, body, dict(headers))
            found = connection.getresponse()
            text = found.read().decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise SmokeError(f"no answer: {type(error).__name__}") from None
        finally:
            connection.close()
        if found.status != status:
            raise SmokeError(f"HTTP {found.status} in place of {status}")
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, text)


def hidden_fields(page: str) -> dict[str, str]:
    """The fields that the form on a page sends by itself."""
    reader = _Hidden()
    reader.feed(page)
    reader.close()
    return reader.fields


class _Hidden(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")
