"""A check of the settings before anything runs with them, for the person at the console."""

from collections.abc import Iterator, Mapping

from local.paths import ROOT
from shared.config.requirements import NOT_INLINE
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
        raise InvalidSettingsError("\n".join(_lines(error.problems))) from None
    except ContentError as error:
        raise InvalidSettingsError(f"  CONTENT_FILE: {error}.") from None


def _lines(problems: Mapping[str, str]) -> Iterator[str]:
    expected = Settings.expected_values()
    for name, why in problems.items():
        yield f"  {name}: {why}." if why == NOT_INLINE else f"  {name}: {why}. It must be {expected[name]}."
