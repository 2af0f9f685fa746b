"""The settings of a local run: what `infra/` and Key Vault give the service in Azure."""

import json
from collections.abc import Mapping
from pathlib import Path

from local.paths import ROOT
from local.stack.azurite import REFERRALS, Azurite

EXAMPLE = ROOT / "local" / "local.settings.example.json"
DEVELOPER_SETTINGS_FILE = ROOT / "local.settings.json"
PASSPHRASE = "3QWK-K7MN-4Q44-X9TH-6PRR"  # the example holds its hash; it opens nothing but what this machine holds


class SettingsFileError(Exception):
    """A file with settings cannot be used. The text is for people and quotes nothing of it."""


def settings(
    *,
    azurite: Azurite,
    mail_url: str,
    site_url: str,
    keys: Mapping[str, str],
    developer_settings_file: Path | None = None,
) -> dict[str, str]:
    """Every setting of the service by name: the developer's choice, over it what only the run itself can know."""
    bookings = azurite.connection_string()
    run = {
        "AzureWebJobsStorage": bookings,
        "BOOKINGS_STORAGE": bookings,
        "BOOKINGS_STORAGE__tableServiceUri": "",
        "BOOKINGS_STORAGE__queueServiceUri": "",
        "BOOKINGS_STORAGE__blobServiceUri": "",
        "REFERRALS_STORAGE": azurite.connection_string(REFERRALS),
        "REFERRALS_STORAGE__tableServiceUri": "",
        "REFERRALS_STORAGE__queueServiceUri": "",
        "REFERRALS_STORAGE__blobServiceUri": "",
        "EMAIL_ENDPOINT": mail_url,
        "NOTIFY_ENDPOINT": mail_url,
        "SITE_URL": site_url,
        "COLLECT_URL": site_url,
    }
    return developer_settings(developer_settings_file) | run | dict(keys)


def developer_settings(developer_settings_file: Path | None = None) -> dict[str, str]:
    """The example's values, over them those of the developer's own file where there is one.

    Raises:
        SettingsFileError: the file is not JSON, or has no values.
    """
    own = _values(developer_settings_file) if developer_settings_file and developer_settings_file.exists() else {}
    return _values(EXAMPLE) | own


def _values(path: Path) -> dict[str, str]:
    try:
        values = json.loads(path.read_text("utf-8-sig"))["Values"]
        return {name: str(value) for name, value in values.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise SettingsFileError(f'{path} needs the form {{"Values": {{"NAME": "value"}}}}, in UTF-8.') from error
