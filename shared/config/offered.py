"""The kinds of support that an installation offers: those that its content file has a table for."""

import tomllib
from functools import lru_cache
from pathlib import Path

from shared.config.choices import Support
from shared.content.language.language_file import read_content_file

ROOT = Path(__file__).parents[2]
"""The folder from which the setting CONTENT_FILE names its file."""

BOTH = frozenset(Support)
_TABLES = {"groups": Support.BOOKINGS, "one_to_one": Support.ONE_TO_ONE}
_ONE_TO_ONE_ONLY = ("REFERRAL", "PROVIDER_LINK_KEY", "SMOKE_KEY")


def offered_kinds(content_file: str) -> frozenset[Support]:
    """Returns the kinds of support of a content file; both if it cannot be read, or has neither."""
    try:
        path = ROOT / content_file
        return _kinds(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, tomllib.TOMLDecodeError):
        return BOTH


def is_unused(setting: str, offered: frozenset[Support]) -> bool:
    """True for a setting that is about a kind of support which is not offered: it is not read, whatever it holds."""
    return Support.ONE_TO_ONE not in offered and setting.startswith(_ONE_TO_ONE_ONLY)


@lru_cache(maxsize=4)
def _kinds(path: Path, changed_at: int) -> frozenset[Support]:
    del changed_at  # part of the key alone: a file that was changed is read again
    found = read_content_file(path, _TABLES)
    return frozenset(kind for table, kind in _TABLES.items() if table in found) or BOTH
