"""A check of the settings before anything runs with them, for the person at the console."""

from collections.abc import Mapping

from local.paths import ROOT
from shared.config.settings import Settings, SettingsError
from shared.content.content import ContentError, load_content


class InvalidSettingsError(Exception):
    """Settings of this run are missing or not valid. The text has a line for each, and quotes no value."""


def check_settings(settings: Mapping[str, str]) -> None:
    """Raises InvalidSettingsError, which names each setting that is wrong and what it must be."""
    try:
        checked = Settings.from_environment(settings)
        load_content(ROOT / checked.content_file)
    except SettingsError as error:
        expected = Settings.expected_values()
        lines = [f"  {name}: {why}. It must be {expected[name]}." for name, why in error.problems.items()]
        raise InvalidSettingsError("\n".join(lines)) from None
    except ContentError as error:
        raise InvalidSettingsError(f"  CONTENT_FILE: {error}.") from None
