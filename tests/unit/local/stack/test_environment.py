"""The settings of a local run."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.process.child_process import Child
from local.setup.keys import new_keys
from local.stack import environment
from local.stack.azurite import REFERRALS, Azurite
from local.stack.setting_checks import InvalidSettingsError, check_settings
from shared.config.settings import Settings


@pytest.fixture(scope="module")
def azurite() -> Azurite:
    not_running: Any = None
    return Azurite(blob_port=1, queue_port=2, table_port=3, child=Child("Azurite", not_running, Path("log")))


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return new_keys()


def _own(folder: Path, **values: str) -> Path:
    path = folder / "local.settings.json"
    path.write_text(json.dumps({"IsEncrypted": False, "Values": values}), "utf-8")
    return path


def _settings(azurite: Azurite, keys: dict[str, str], own: Path | None = None) -> dict[str, str]:
    return environment.settings(
        azurite=azurite,
        mail_url="http://127.0.0.1:4",
        site_url="http://127.0.0.1:5",
        keys=keys,
        developer_settings_file=own,
    )


def test_the_service_can_start_with_nothing_but_these_settings(azurite: Azurite, keys: dict[str, str]) -> None:
    settings = Settings.from_environment(_settings(azurite, keys))

    assert str(settings.site_url) == "http://127.0.0.1:5/"
    assert settings.referrals_storage.connection_string == azurite.connection_string(REFERRALS)


def test_settings_that_no_service_can_have_are_refused_in_words_that_say_why_and_what_they_must_be(
    azurite: Azurite, keys: dict[str, str]
) -> None:
    wrong = {"MAIL_SERVICE": "notify", "REFERRAL_DELIVERY": "inline", "REMINDERS": "often"}

    with pytest.raises(InvalidSettingsError) as caught:
        check_settings(_settings(azurite, keys) | wrong)

    delivery, reminders = sorted(str(caught.value).splitlines())
    assert "GOV.UK Notify" in delivery
    assert delivery.endswith("encrypt an email on its way.")
    assert reminders.startswith("  REMINDERS: not valid. It must be offsets")


def test_what_the_developer_chose_comes_before_the_example(
    azurite: Azurite, keys: dict[str, str], tmp_path: Path
) -> None:
    own = _own(tmp_path, REMINDERS="P2D", SOMETHING_NEW="yes")

    settings = _settings(azurite, keys, own)

    assert (settings["REMINDERS"], settings["SOMETHING_NEW"]) == ("P2D", "yes")


def test_a_local_run_never_touches_the_storage_or_the_e_mail_of_another_place(
    azurite: Azurite, keys: dict[str, str], tmp_path: Path
) -> None:
    own = _own(
        tmp_path,
        BOOKINGS_STORAGE__tableServiceUri="https://real.table.core.windows.net",
        BOOKINGS_STORAGE__queueServiceUri="https://real.queue.core.windows.net",
        EMAIL_ENDPOINT="https://real.communication.azure.com",
    )

    settings = Settings.from_environment(_settings(azurite, keys, own))

    assert settings.bookings_storage.connection_string == azurite.connection_string()
    assert settings.bookings_storage.table_endpoint is None
    assert settings.bookings_queues is None
    assert str(settings.email_endpoint) == "http://127.0.0.1:4/"
