"""Function keys, and what each of them allows."""

import hmac
from dataclasses import dataclass, field

from starlette.requests import Request

from local.host.app.functions import AuthLevel
from local.host.http.request import joined_headers, joined_query


@dataclass(frozen=True, slots=True)
class HostKeys:
    """The master key opens everything, the function key functions, the system key webhooks."""

    master: str = field(repr=False)
    function: str = field(repr=False)
    system: str = field(repr=False)


def presented_key(request: Request) -> str:
    """The key of a request: the header `x-functions-key`, even when it is empty, before the parameter `code`."""
    header = joined_headers(request).get("x-functions-key")
    return joined_query(request).get("code", "") if header is None else header


class KeyAuthorization:
    """Compares keys. Without keys everything is open, as with `func start` on a developer's machine."""

    def __init__(self, keys: HostKeys | None) -> None:
        self._keys = keys

    def allows(self, key: str, level: AuthLevel) -> bool:
        if self._keys is None or level is AuthLevel.ANONYMOUS or self.is_master(key):
            return True
        expected = {AuthLevel.FUNCTION: self._keys.function, AuthLevel.SYSTEM: self._keys.system}.get(level, "")
        return _same(key, expected)

    def is_known(self, key: str) -> bool:
        keys = self._keys
        return keys is None or any(_same(key, known) for known in (keys.master, keys.function, keys.system))

    def is_master(self, key: str) -> bool:
        return self._keys is not None and _same(key, self._keys.master)


def _same(given: str, expected: str) -> bool:
    return expected != "" and hmac.compare_digest(given.encode(), expected.encode())
