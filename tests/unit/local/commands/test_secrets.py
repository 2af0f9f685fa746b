"""Secrets of an installation are made once: what is there is left as it is, and no value is read or shown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.azure.environment import MissingError, environment
from local.azure.references import App, refresh_references
from local.azure.vault import VaultError
from local.commands import secrets
from local.commands.secrets import MADE, PUBLIC_KEY, WEB, WORKER
from local.setup.keys import new_secret
from shared.config.settings import Settings
from tests.key_vaults import KeyVaults
from tests.opener_files import VECTORS
from tests.unit.shared.config.test_settings import WEB as WEB_SETTINGS


@pytest.fixture
def installation() -> KeyVaults:
    return KeyVaults()


def test_the_first_deployment_gets_every_secret_that_can_be_made_in_its_vault(installation: KeyVaults) -> None:
    assert installation.secrets.complete()

    assert installation.web.versions.keys() == {
        *("BOOKING-KEY", "LINK-KEY", "REFERRAL-KEY", "REFERRAL-MAC-KEY", "REFERRAL-PUBLIC-KEY")
    }
    assert installation.worker.versions.keys() == {"PROVIDER-LINK-KEY"}
    assert len({installation.newest(name) for name in MADE}) == len(MADE)


def test_what_is_made_is_what_the_apps_can_use(installation: KeyVaults) -> None:
    installation.secrets.complete()
    made = {name: installation.newest(name) for name in WEB_SETTINGS if name in {*MADE, PUBLIC_KEY}}

    settings = Settings.from_environment(WEB_SETTINGS | made)

    assert settings.referral_public_key is not None
    assert settings.referral_public_key["kid"] == "https://kv-worker.vault.azure.net/keys/referrals/v2"


def test_another_deployment_changes_none_of_them(installation: KeyVaults) -> None:
    installation.secrets.complete()
    before = json.dumps(installation.values())

    assert not installation.secrets.complete()
    assert json.dumps(installation.values()) == before


@pytest.mark.parametrize("lost", [*MADE, PUBLIC_KEY])
def test_a_run_that_was_cut_off_is_completed_by_the_next(installation: KeyVaults, lost: str) -> None:
    installation.secrets.complete()
    kept = {name: values for name, values in installation.values().items() if name != lost.replace("_", "-")}
    for vault in (installation.web, installation.worker):
        vault.versions.pop(lost.replace("_", "-"), None)

    assert installation.secrets.complete()
    assert kept.items() <= installation.values().items()
    assert len(installation.values()) == len(MADE) + 1


def test_what_a_person_has_to_give_is_named_until_it_is_there(installation: KeyVaults) -> None:
    of_notify = ["NOTIFY_API_KEY", "NOTIFY_CALLBACK_TOKEN"]
    installation.secrets.complete()
    assert [line.partition(":")[0] for line in installation.said[-5:]] == [
        *of_notify,
        "REFERRAL_PASSPHRASE",
        "REFERRAL_PROVIDER_KEYS",
        "SMOKE_KEY",
    ]

    installation.secrets.give("REFERRAL_PASSPHRASE", "argon2id:hash")
    installation.said.clear()
    installation.secrets.complete()

    assert [line.partition(":")[0] for line in installation.said] == [
        *of_notify,
        "REFERRAL_PROVIDER_KEYS",
        "SMOKE_KEY",
    ]
    assert installation.worker.versions["REFERRAL-PASSPHRASE"] == ["argon2id:hash"]


def test_no_value_is_shown(installation: KeyVaults) -> None:
    installation.secrets.complete()
    installation.secrets.give("NOTIFY_API_KEY", "canary-key")
    installation.secrets.renew("LINK_KEY")

    shown = " ".join(installation.said)
    secret = {value for values in installation.values().values() for value in values}
    assert not any(value in shown for value in secret)


@pytest.mark.parametrize("name", sorted(MADE.keys() & secrets.ROTATED))
def test_a_renewed_key_is_looked_up_only_once_the_one_before_is_named(installation: KeyVaults, name: str) -> None:
    """Else links of before would not open, and rows of before would be taken for someone else's."""
    installation.secrets.complete()
    first = installation.newest(name)

    assert not installation.secrets.renew(name)
    assert installation.said[-1].startswith(f"{name}: stored. Put {name} with v0 into previousVersions")
    assert installation.values()[name.replace("_", "-")] == [first, installation.newest(name)]


def test_the_newest_key_is_looked_up_only_once_the_one_before_is_named(installation: KeyVaults) -> None:
    """Until the worker has opened a canary of it, referrals are sealed with the one before."""
    installation.secrets.complete()
    first = installation.newest(PUBLIC_KEY)

    assert not installation.secrets.renew_key()
    assert installation.said[-1].startswith(f"{PUBLIC_KEY}: stored. Put {PUBLIC_KEY} with v0 into previousVersions")
    assert installation.values()["REFERRAL-PUBLIC-KEY"] == [first, installation.newest(PUBLIC_KEY)]


def test_a_secret_without_one_before_is_looked_up_at_once(installation: KeyVaults) -> None:
    installation.secrets.complete()

    assert installation.secrets.renew("REFERRAL_KEY")
    assert installation.secrets.give("NOTIFY_API_KEY", "a")
    assert installation.secrets.give("NOTIFY_API_KEY", "b")
    assert installation.secrets.give("REFERRAL_PASSPHRASE", "a")
    assert not installation.secrets.give("REFERRAL_PASSPHRASE", "b")


@pytest.mark.parametrize("name", sorted(secrets.ROTATED))
def test_what_has_leaked_is_replaced_at_once_and_the_one_before_is_named_to_nobody(
    installation: KeyVaults, name: str
) -> None:
    installation.secrets.complete()
    for given in secrets.GIVEN:
        installation.secrets.give(given, "before")
    command, before = installation.after_a_leak, installation.newest(name)

    assert replaced(command, name), "looked up at once"
    assert installation.said[-1] == (
        f"{name}: stored. If previousVersions has {name}, take it out now, and run azd provision."
    )
    assert name == PUBLIC_KEY or installation.newest(name) != before
    assert f"{name}_PREVIOUS" not in installation.settings()


def replaced(command: secrets.Secrets, name: str) -> bool:
    if name == PUBLIC_KEY:
        return command.renew_key()
    return command.renew(name) if name in MADE else command.give(name, "another")


def test_a_secret_that_is_not_there_cannot_be_renewed(installation: KeyVaults) -> None:
    with pytest.raises(VaultError, match="LINK_KEY is not in"):
        installation.secrets.renew("LINK_KEY")


def test_a_role_that_does_not_count_yet_is_waited_for(installation: KeyVaults) -> None:
    installation.web.forbidden = 3

    assert installation.secrets.complete()
    assert installation.web.slept == [15] * 3


def test_a_vault_that_goes_on_refusing_is_named(installation: KeyVaults) -> None:
    installation.web.forbidden = 100

    with pytest.raises(VaultError, match="operators' group"):
        installation.secrets.complete()
    assert sum(installation.web.slept) == 600


def test_nothing_takes_the_place_of_a_secret_that_was_deleted(installation: KeyVaults) -> None:
    installation.web.deleted = {"BOOKING-KEY"}

    with pytest.raises(VaultError, match="can still be recovered"):
        installation.secrets.complete()
    assert "BOOKING-KEY" not in installation.values()


def test_a_secret_has_at_least_32_bytes_and_none_is_the_same() -> None:
    assert len({new_secret() for _ in range(20)}) == 20
    assert min(len(new_secret()) for _ in range(20)) >= 43


def test_the_providers_keys_come_from_the_openers_file_and_are_checked_before_they_are_stored(
    monkeypatch: pytest.MonkeyPatch, installation: KeyVaults, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, one = tmp_path / "provider-keys.json", tmp_path / "one.json"
    whole.write_text(json.dumps(VECTORS["public_keys"], indent=1), "utf-8")
    one.write_text(json.dumps({"keys": VECTORS["public_keys"]["keys"][:1]}), "utf-8")
    for name, value in (VALUES | {WORKER: "https://kv-worker.vault.azure.net"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        secrets, "Vault", lambda url: (installation.web if "web" in url else installation.worker).opened()
    )
    monkeypatch.setattr(secrets, "refresh_references", lambda _: True)

    for wrong in (one, tmp_path / "missing.json"):
        assert secrets.main(["--set", "REFERRAL_PROVIDER_KEYS", "--file", str(wrong)]) == 1
        assert "two different public RSA keys" in capsys.readouterr().err
    assert "REFERRAL-PROVIDER-KEYS" not in installation.values()
    assert secrets.main(["--set", "REFERRAL_PROVIDER_KEYS", "--file", str(whole)]) == 0
    [stored] = installation.web.versions["REFERRAL-PROVIDER-KEYS"]
    assert json.loads(stored) == VECTORS["public_keys"]
    assert "\n" not in stored


@pytest.mark.parametrize(
    "arguments",
    [
        ["--renew", "BOOKING_KEY"],
        ["--set", "LINK_KEY"],
        ["--renew", "x"],
        ["--leaked"],
        ["--refresh", "--leaked"],
        ["--set", "REFERRAL_PROVIDER_KEYS"],
        ["--refresh", "--file", "x"],
    ],
)
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

    assert not refresh_references(App.both(VALUES), send)

    site = "https://management.azure.com/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites"
    refresh = "config/configreferences/appsettings/refresh?api-version=2022-03-01"
    assert asked == [f"POST {site}/func-worker/{refresh}", f"POST {site}/func-web/{refresh}"]
    assert capsys.readouterr().out.splitlines() == [
        "func-worker: looks its secrets up again",
        (
            "func-web: does not look its secrets up, HTTP 404. Run `python dev.py secrets --refresh` again;"
            " any change of a setting, by `azd provision`, has them looked up too"
        ),
    ]


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--refresh"], 1), (["--renew", "REFERRAL_KEY", "--leaked"], 1), ([], 0)]
)
def test_a_person_is_told_by_the_exit_code_that_nothing_was_looked_up_and_a_deployment_goes_on(
    monkeypatch: pytest.MonkeyPatch, installation: KeyVaults, arguments: list[str], code: int
) -> None:
    """The hook of a deployment comes before the apps are there."""
    installation.secrets.complete()
    del installation.web.versions["LINK-KEY"]
    for name, value in (VALUES | {WORKER: "https://kv-worker.vault.azure.net"}).items():
        monkeypatch.setenv(name, value)
    opened = {WEB: installation.web.opened(), WORKER: installation.worker.opened()}
    monkeypatch.setattr(secrets, "Vault", lambda url: opened[WEB if "web" in url else WORKER])
    monkeypatch.setattr(secrets, "refresh_references", lambda _: False)

    assert secrets.main(arguments) == code
