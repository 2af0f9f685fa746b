"""One key vault, as much of it as storing secrets needs: names, versions and public keys are read, no secret ever is.

The REST API is described at https://learn.microsoft.com/rest/api/keyvault/ (version 7.4). A secret's name in the vault
is the setting's with hyphens.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.azure.session import Send, sender

_SCOPE = "https://vault.azure.net/.default"
_API = "api-version=7.4"
_FORBIDDEN, _CONFLICT = 403, 409
_WAIT, _TRIES = 15, 40  # seconds; a role that was just assigned takes up to ten minutes to count


class VaultError(Exception):
    """The vault refused."""


@dataclass(frozen=True)
class Vault:
    """A vault by its address. `sleep` waits for so many seconds."""

    url: str
    send: Send = field(default_factory=lambda: sender(_SCOPE))
    sleep: Callable[[float], None] = time.sleep

    def names(self) -> frozenset[str]:
        """The settings whose secrets are there."""
        return frozenset(_setting(each["id"]) for each in self._listed("secrets"))

    def newest_version(self, name: str) -> str:
        """The version of a secret that is in use.

        Raises:
            VaultError: there is no such secret.
        """
        versions = list(self._listed(f"secrets/{_in_vault(name)}/versions"))
        if not versions:
            raise VaultError(f"{name} is not in {self.url}")
        newest = max(versions, key=lambda each: each["attributes"]["created"])
        return str(newest["id"]).rpartition("/")[2]

    def store(self, name: str, value: str) -> None:
        """Adds a version of a secret, the first or another.

        Raises:
            VaultError: it was refused, for one because a deleted secret of that name can still be recovered.
        """
        self._ask("PUT", f"secrets/{_in_vault(name)}", {"value": value})

    def public_key(self, name: str) -> str:
        """The public half of a key's newest version, as a JSON Web Key whose id names that version."""
        key = self._ask("GET", f"keys/{name}")["key"]
        return json.dumps({part: key[part] for part in ("kty", "n", "e", "kid")})

    def _listed(self, path: str) -> Iterator[Mapping[str, Any]]:
        page = self._ask("GET", path)
        yield from page["value"]
        while following := page.get("nextLink"):
            page = self._answer("GET", following)
            yield from page["value"]

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._answer(method, f"{self.url.rstrip('/')}/{path}?{_API}", body)

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
        status, answer = self.send(method, url, body)
        for _ in range(_TRIES):
            if status != _FORBIDDEN:
                break
            self.sleep(_WAIT)
            status, answer = self.send(method, url, body)
        if status >= 400:
            raise VaultError(_why(status, urlsplit(url).path))
        return answer


def _why(status: int, path: str) -> str:
    if status == _CONFLICT:
        return (
            f"{path}: a deleted secret of this name can still be recovered. Recover it; nothing was put in its place."
        )
    if status == _FORBIDDEN:
        return f"{path}: not allowed. Are you a member of the operators' group, and does the vault let your network in?"
    return f"{path}: HTTP {status}"


def _in_vault(setting: str) -> str:
    return setting.replace("_", "-")


def _setting(secret_id: str) -> str:
    return secret_id.rpartition("/")[2].replace("-", "_")
