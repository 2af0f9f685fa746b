"""A pretix: the figures of November 2026, and one that is given to be measured beside ours."""

import http.client
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.load import Driven, drive

TOKEN = "PRETIX_TOKEN"
"""Environment variable with the token of its REST API: every user of a machine can read its command lines."""


@dataclass(frozen=True, slots=True)
class November:
    """Pretix 2026.8 on PostgreSQL, in one run with ours: bookings a second by the number of clients, and list times.

    `rest` are over its REST API while the usual sample made `sample`; `pages` over HTTP while ours made `ours`. Its
    list of 52 dates took `list_time` milliseconds, ours `our_list_time`.
    """

    sample: float = 69
    rest: Mapping[int, float] = field(default_factory=lambda: {1: 5.8, 8: 10.5})
    ours: Mapping[int, float] = field(default_factory=lambda: {1: 44.0, 8: 51.3})
    pages: Mapping[int, float] = field(default_factory=lambda: {1: 6.8, 8: 11.9})
    our_list_time: float = 395
    list_time: float = 129


NOVEMBER = November()


@dataclass(frozen=True, slots=True)
class GivenPretix:
    """A pretix that runs: `site` is the address of an event with a free item, `https://host/ORGANISER/EVENT`."""

    site: str
    item: int

    def list_time(self) -> float:
        """Milliseconds that the page of its dates takes. Raises RuntimeError if it is refused."""
        parts = urlsplit(self.site)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection, began = kind(parts.netloc, timeout=60), time.perf_counter()
        try:
            connection.request("GET", f"{parts.path}/")
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{self.site}: HTTP {answer.status}")
        return (time.perf_counter() - began) * 1000

    def book(self, number: int, clients: int) -> Driven:
        """Makes so many orders over its REST API. Raises RuntimeError if one is refused."""
        parts = urlsplit(self.site)
        organiser, event = parts.path.strip("/").split("/")
        orders = f"{parts.scheme}://{parts.netloc}/api/v1/organizers/{organiser}/events/{event}/orders/"
        order = {"email": "ann@nhs.net", "locale": "en", "sales_channel": "web", "positions": [{"item": self.item}]}
        driven = drive(orders, [order] * number, clients, {"authorization": f"Token {os.environ[TOKEN]}"})
        if set(driven.statuses) != {201}:
            raise RuntimeError(f"{orders}: {driven.statuses}")
        return driven
