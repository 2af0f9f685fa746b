"""The two vaults of an installation in memory, and its command for secrets, which stores and never reads them."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.azure.vault import Vault
from local.commands.secrets import WEB, WORKER, Secrets
from tests.generated_keys import generated_keys

KEY = {"kty": "RSA", "n": json.loads(generated_keys()["REFERRAL_PUBLIC_KEY"])["n"], "e": "AQAB", "key_ops": ["wrapKey"]}


class FakeVault:
    """A vault in memory, as far as its REST API is asked. It refuses to show a secret's value."""

    def __init__(self, name: str) -> None:
        self.url = f"https://{name}.vault.azure.net"
        self.versions: dict[str, list[str]] = {}
        self.forbidden = 0
        self.deleted: set[str] = set()
        self.slept: list[float] = []
        self.key: Mapping[str, Any] = KEY | {"kid": f"{self.url}/keys/referrals/v2"}

    def opened(self) -> Vault:
        return Vault(f"{self.url}/", self.send, self.slept.append)

    def send(self, method: str, url: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        assert url.startswith(self.url)
        if self.forbidden:
            self.forbidden -= 1
            return 403, {}
        kind, *rest = url.removeprefix(f"{self.url}/").partition("?")[0].split("/")
        if method == "PUT":
            return self._store(rest[0], str((body or {})["value"]))
        if kind == "keys":
            return 200, {"key": self.key}
        if not rest:
            return self._page(list(self.versions), url)
        assert rest[1:] == ["versions"], "a secret's value is asked for"
        found = [
            {"id": f"{self.url}/secrets/{rest[0]}/v{number}", "attributes": {"created": number}}
            for number in range(len(self.versions.get(rest[0], [])))
        ]
        return 200, {"value": found[::-1], "nextLink": None}

    def _page(self, names: list[str], url: str) -> tuple[int, Any]:
        """Two names a page."""
        start = int(url.partition("skip=")[2] or 0)
        following = f"{self.url}/secrets?skip={start + 2}" if start + 2 < len(names) else None
        found = [{"id": f"{self.url}/secrets/{name}"} for name in names[start : start + 2]]
        return 200, {"value": found, "nextLink": following}

    def _store(self, name: str, value: str) -> tuple[int, Any]:
        if name in self.deleted:
            return 409, {}
        self.versions.setdefault(name, []).append(value)
        return 200, {"value": value}


class KeyVaults:
    """Both vaults. `said` is what the command has printed."""

    def __init__(self) -> None:
        self.web, self.worker = FakeVault("kv-web"), FakeVault("kv-worker")
        self.said: list[str] = []
        self.secrets = Secrets({WEB: self.web.opened(), WORKER: self.worker.opened()}, self.said.append)

    @property
    def after_a_leak(self) -> Secrets:
        """The command with `--leaked`."""
        return replace(self.secrets, leaked=True)

    def values(self) -> dict[str, list[str]]:
        return self.web.versions | self.worker.versions

    def newest(self, setting: str) -> str:
        return self.values()[setting.replace("_", "-")][-1]

    def settings(self) -> dict[str, str]:
        """The settings that a deployment makes of what is stored, once `previousVersions` has what was said last."""
        newest = {name.replace("-", "_"): versions[-1] for name, versions in self.values().items()}
        told = re.findall(r"Put (\w+) with v(\d+) into previousVersions", "\n".join(self.said))
        before = {f"{name}_PREVIOUS": self.values()[name.replace("_", "-")][int(version)] for name, version in told}
        return newest | before
