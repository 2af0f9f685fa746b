"""Clients that ask a host at the same time, each over a connection that it keeps."""

import http.client
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Driven:
    """The answers to one load: how many of each HTTP status, the milliseconds that each took, and all together."""

    statuses: Counter[int]
    times: Sequence[float]
    total: float

    @property
    def per_second(self) -> float:
        return len(self.times) * 1000 / self.total

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def drive(
    url: str, bodies: Sequence[Mapping[str, object]], clients: int = 1, headers: Mapping[str, str] | None = None
) -> Driven:
    """Posts the bodies as JSON to a URL of http or https, by so many clients at once."""
    every = {"content-type": "application/json", "accept": "application/json"} | dict(headers or {})
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = list(pool.map(lambda number: list(_posted(url, bodies[number::clients], every)), range(clients)))
    total = (time.perf_counter() - began) * 1000
    answers = [each for share in shares for each in share]
    return Driven(Counter(status for status, _ in answers), [took for _, took in answers], total)


def _posted(
    url: str, bodies: Sequence[Mapping[str, object]], headers: Mapping[str, str]
) -> Iterator[tuple[int, float]]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_SECONDS)
    try:
        for body in bodies:
            began = time.perf_counter()
            connection.request("POST", parts.path, json.dumps(body), dict(headers))
            answer = connection.getresponse()
            answer.read()
            yield answer.status, (time.perf_counter() - began) * 1000
    finally:
        connection.close()
