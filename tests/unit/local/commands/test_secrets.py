"""Secrets of an installation are made once: what is there is left as it is, and no value is read or shown."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from local.azure.environment import MissingError, environment
from local.azure.references import App, refresh_references
from local.azure.vault import Vault, VaultError
from local.commands import secrets
from local.commands.secrets import MADE, PUBLIC_KEY, WEB, WORKER, Secrets
from local.setup.keys import new_secret
from shared.config.settings import Settings
from tests.generated_keys import generated_keys
from tests.unit.shared.config.test_settings import WEB as WEB_SETTINGS

KEY = {"kty": "RSA", "n": json.loads(generated_keys()["REFERRAL_PUBLIC_KEY"])["n"], "e": "AQAB", "key_ops": ["wrapKey"]}


class FakeVault:
    """A vault in memory, as far as its REST API is asked. It refuses to show a secret's value."""

    def __init__(self, name: str) -> None:
        self.url = f"https://{name}.vault.azure.net"
        self.versions: dict[str, list[str]] = {}
        self.forbidden = 0
        self.deleted: set[str] = set()
        self.slept: list[float] = []

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
            return 200, {"key": KEY | {"kid": f"{self.url}/keys/{rest[0]}/v2"}}
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


class Installation:
    def __init__(self) -> None:
        self.web, self.worker = FakeVault("kv-web"), FakeVault("kv-worker")
        self.said: list[str] = []
        self.secrets = Secrets({WEB: self.web.opened(), WORKER: self.worker.opened()}, self.said.append)

    def values(self) -> dict[str, list[str]]:
        return self.web.versions | self.worker.versions

    def newest(self, setting: str) -> str:
        return self.values()[setting.replace("_", "-")][-1]


@pytest.fixture
def installation() -> Installation:
    return Installation()


def test_the_first_deployment_gets_every_secret_that_can_be_made_in_its_vault(installation: Installation) -> None:
    assert installation.secrets.complete()

    assert installation.web.versions.keys() == {
        *("BOOKING-KEY", "LINK-KEY", "REFERRAL-KEY", "REFERRAL-MAC-KEY", "REFERRAL-PUBLIC-KEY")
    }
    assert installation.worker.versions.keys() == {"PROVIDER-LINK-KEY"}
    assert len({installation.newest(name) for name in MADE}) == len(MADE)


def test_what_is_made_is_what_the_apps_can_use(installation: Installation) -> None:
    installation.secrets.complete()
    made = {name: installation.newest(name) for name in WEB_SETTINGS if name in {*MADE, PUBLIC_KEY}}

    settings = Settings.from_environment(WEB_SETTINGS | made)

    assert settings.referral_public_key is not None
    assert settings.referral_public_key["kid"] == "https://kv-worker.vault.azure.net/keys/referrals/v2"


def test_another_deployment_changes_none_of_them(installation: Installation) -> None:
    installation.secrets.complete()
    before = json.dumps(installation.values())

    assert not installation.secrets.complete()
    assert json.dumps(installation.values()) == before


@pytest.mark.parametrize("lost", [*MADE, PUBLIC_KEY])
def test_a_run_that_was_cut_off_is_completed_by_the_next(installation: Installation, lost: str) -> None:
    installation.secrets.complete()
    kept = {name: values for name, values in installation.values().items() if name != lost.replace("_", "-")}
    for vault in (installation.web, installation.worker):
        vault.versions.pop(lost.replace("_", "-"), None)

    assert installation.secrets.complete()
    assert kept.items() <= installation.values().items()
    assert len(installation.values()) == len(MADE) + 1


def test_what_a_person_has_to_give_is_named_until_it_is_there(installation: Installation) -> None:
    of_notify = ["NOTIFY_API_KEY", "NOTIFY_CALLBACK_TOKEN"]
    installation.secrets.complete()
    assert [line.partition(":")[0] for line in installation.said[-4:]] == [
        *of_notify,
        "REFERRAL_PASSPHRASE",
        "SMOKE_KEY",
    ]

    installation.secrets.give("REFERRAL_PASSPHRASE", "argon2id:hash")
    installation.said.clear()
    installation.secrets.complete()

    assert [line.partition(":")[0] for line in installation.said] == [*of_notify, "SMOKE_KEY"]
    assert installation.worker.versions["REFERRAL-PASSPHRASE"] == ["argon2id:hash"]


def test_no_value_is_shown(installation: Installation) -> None:
    installation.secrets.complete()
    installation.secrets.give("NOTIFY_API_KEY", "canary-key")
    installation.secrets.renew("LINK_KEY")

    shown = " ".join(installation.said)
    secret = {value for values in installation.values().values() for value in values}
    assert not any(value in shown for value in secret)


@pytest.mark.parametrize("name", sorted(MADE.keys() & secrets.ROTATED))
def test_a_renewed_key_is_looked_up_only_once_the_one_before_is_named(installation: Installation, name: str) -> None:
    """Else links of before would not open, and rows of before would be taken for someone else's."""
    installation.secrets.complete()
    first = installation.newest(name)

    assert not installation.secrets.renew(name)
    assert installation.said[-1].startswith(f"{name}: stored. Put {name} with v0 into previousVersions")
    assert installation.values()[name.replace("_", "-")] == [first, installation.newest(name)]


def test_the_newest_key_is_looked_up_only_once_the_one_before_is_named(installation: Installation) -> None:
    """Until the worker has opened a canary of it, referrals are sealed with the one before."""
    installation.secrets.complete()
    first = installation.newest(PUBLIC_KEY)

    assert not installation.secrets.renew_key()
    assert installation.said[-1].startswith(f"{PUBLIC_KEY}: stored. Put {PUBLIC_KEY} with v0 into previousVersions")
    assert installation.values()["REFERRAL-PUBLIC-KEY"] == [first, installation.newest(PUBLIC_KEY)]


def test_a_secret_without_one_before_is_looked_up_at_once(installation: Installation) -> None:
    installation.secrets.complete()

    assert installation.secrets.renew("REFERRAL_KEY")
    assert installation.secrets.give("NOTIFY_API_KEY", "a")
    assert installation.secrets.give("NOTIFY_API_KEY", "b")
    assert installation.secrets.give("REFERRAL_PASSPHRASE", "a")
    assert not installation.secrets.give("REFERRAL_PASSPHRASE", "b")


def test_a_secret_that_is_not_there_cannot_be_renewed(installation: Installation) -> None:
    with pytest.raises(VaultError, match="LINK_KEY is not in"):
        installation.secrets.renew("LINK_KEY")


def test_a_role_that_does_not_count_yet_is_waited_for(installation: Installation) -> None:
    installation.web.forbidden = 3

    assert installation.secrets.complete()
    assert installation.web.slept == [15] * 3


def test_a_vault_that_goes_on_refusing_is_named(installation: Installation) -> None:
    installation.web.forbidden = 100

    with pytest.raises(VaultError, match="operators' group"):
        installation.secrets.complete()
    assert sum(installation.web.slept) == 600


def test_nothing_takes_the_place_of_a_secret_that_was_deleted(installation: Installation) -> None:
    installation.web.deleted = {"BOOKING-KEY"}

    with pytest.raises(VaultError, match="can still be recovered"):
        installation.secrets.complete()
    assert "BOOKING-KEY" not in installation.values()


def test_a_secret_has_at_least_32_bytes_and_none_is_the_same() -> None:
    assert len({new_secret() for _ in range(20)}) == 20
    assert min(len(new_secret()) for _ in range(20)) >= 43


@pytest.mark.parametrize("arguments", [["--renew", "BOOKING_KEY"], ["--set", "LINK_KEY"], ["--renew", "x"]])
def test_the_key_of_bookings_is_never_made_anew_and_no_random_key_is_typed(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        secrets.main(arguments)


# ---- Where the installation is ----


VALUES = {
    "WEB_VAULT_URL": "https://kv-web.vault.azure.net",
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg",
    "WORKER_APP": "func-worker",
    "WEB_APP": "func-web",
}


def test_a_hook_has_its_values_and_a_person_gets_those_of_azd() -> None:
    def azd_says(**changes: str) -> Mapping[str, str]:
        return VALUES | changes

    assert environment(VALUES, ["WEB_APP"], dict) == {"WEB_APP": "func-web"}
    assert environment({}, ["WEB_APP"], azd_says) == {"WEB_APP": "func-web"}
    with pytest.raises(MissingError, match="WEB_APP"):
        environment({"WEB_APP": ""}, ["WEB_APP"], dict)


def test_without_an_installation_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    for name in (WEB, WORKER, *App.SETTINGS):
        monkeypatch.delenv(name, raising=False)

    assert secrets.main([]) == 1
    assert "WEB_VAULT_URL" in capsys.readouterr().err


def test_the_worker_looks_its_secrets_up_first(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def send(method: str, url: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        asked.append(f"{method} {url}")
        return (200 if "worker" in url else 404), body

    refresh_references(App.both(VALUES), send)

    site = "https://management.azure.com/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites"
    refresh = "config/configreferences/appsettings/refresh?api-version=2022-03-01"
    assert asked == [f"POST {site}/func-worker/{refresh}", f"POST {site}/func-web/{refresh}"]
    assert capsys.readouterr().out.splitlines() == [
        "func-worker: looks its secrets up again",
        "func-web: restart it: HTTP 404",
    ]
