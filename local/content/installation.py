"""The installation that a command works for: that of a content file."""

from pathlib import Path

from local.paths import ROOT
from local.stack.environment import DEVELOPER_SETTINGS_FILE, SettingsFileError, developer_settings
from shared.content.content import ContentError, load_content
from shared.installation.here import use_installation


def use_content_file(file: str | Path | None = None, settings: Path = DEVELOPER_SETTINGS_FILE) -> None:
    """Goes by the clocks and defaults of this content file; without one, of that in the developer's settings.

    A file that cannot be used changes nothing: whoever needs it says what is wrong with it.
    """
    try:
        named = file or developer_settings(settings).get("CONTENT_FILE", "")
        use_installation(load_content(ROOT / named, to_check=True).installation)
    except (ContentError, SettingsFileError):
        return
