"""Pages about the support in other languages: one file for each, beside the English content file `en.toml`.

A text stands on the site only when its file says who checked it and when. What a file leaves out falls back to English.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from shared.content.content_models import Article, ContentModel

ENGLISH = "en"
# A language tag (BCP 47), which names the file.
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class LanguagePage(ContentModel):
    """The page in one language: the language's own `name`, its direction, and who checked the text on which day."""

    name: str
    dir: Literal["ltr", "rtl"] = "ltr"
    checked_by: str | None = None
    checked_on: date | None = None
    page: Article

    @property
    def is_checked(self) -> bool:
        return bool(self.checked_by and self.checked_on)


def read_language_pages(path: Path, english: object) -> dict[str, dict[str, Any]]:
    """Returns the tables of all language pages, unchecked, by language tag; `english` is the page of the content file.

    Raises:
        OSError: a file cannot be read.
        UnicodeDecodeError: it is not in UTF-8.
        tomllib.TOMLDecodeError: it is not TOML.
    """
    if path.stem != ENGLISH:
        return {}
    files = {each.stem: each for each in sorted(path.parent.glob("*.toml")) if _TAG.fullmatch(each.stem)}
    written = {tag: tomllib.loads(each.read_text("utf-8")) for tag, each in files.items() if each != path}
    return {tag: _with_fallback(table, english) for tag, table in written.items()}


def _with_fallback(written: dict[str, Any], english: object) -> dict[str, Any]:
    if not isinstance(english, Mapping):
        return written
    return written | {"page": dict(english) | written.get("page", {})}
