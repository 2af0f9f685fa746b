"""Content files by language: `en.toml`, and beside it one for each other language, named by its language tag.

What the file of another language leaves out falls back to English, key by key.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from shared.content.agreement import agreed_part
from shared.content.language_pages import ENGLISH, LanguagePage

# A language tag (BCP 47), which names the file.
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ENGLISH_PAGE = "in_your_language"
_FORM, _CONSENT = "one_to_one", {"consent", "consent_facts"}
_ABOUT_A_TRANSLATION = LanguagePage.model_fields.keys() - {"dir"}


def read_content_file(path: Path, known: Collection[str]) -> dict[str, Any]:
    """Returns the tables of a content file with what falls back to English, unchecked; `known` are those of a content.

    A file that has no `en.toml` beside it is in English, whatever its name.

    Raises:
        OSError: a file cannot be read.
        UnicodeDecodeError: it is not in UTF-8.
        tomllib.TOMLDecodeError: it is not TOML.
    """
    written = _tables(path)
    english = path.with_name(f"{ENGLISH}.toml")
    if not (_TAG.fullmatch(path.stem) and english.exists()):
        return written | {"languages": {}, "language": ENGLISH}
    files = {each.stem: _tables(each) for each in sorted(path.parent.glob("*.toml")) if _TAG.fullmatch(each.stem)}
    source = files.pop(ENGLISH)
    found = source if path.stem == ENGLISH else _translated(written, source)
    pages = {tag: _page(each, source.get(_ENGLISH_PAGE), known) for tag, each in files.items()}
    return found | {"languages": pages, "language": path.stem}


def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _translated(written: dict[str, Any], english: dict[str, Any]) -> dict[str, Any]:
    """Returns the content in another language: what waits for an agreement in it is shown in English until then."""
    own = {name: each for name, each in agreed_part(written).items() if name not in _ABOUT_A_TRANSLATION}
    return _merged(_without_its_version(english, own), own | {_ENGLISH_PAGE: written.get("page", {})})


def _without_its_version(english: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Returns the English content, without the version of its consent if people agree to other words than those."""
    there, here = english.get(_FORM), own.get(_FORM)
    if not (isinstance(there, Mapping) and isinstance(here, Mapping) and _CONSENT & here.keys()):
        return english
    return english | {_FORM: {name: each for name, each in there.items() if name != "consent_version"}}


def _merged(english: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    def either(name: str) -> Any:
        there, here = english.get(name), own[name]
        return _merged(there, here) if isinstance(there, dict) and isinstance(here, dict) else here

    return english | {name: either(name) for name in own}


def _page(written: dict[str, Any], english: object, known: Collection[str]) -> dict[str, Any]:
    """Returns what a language page needs of the file of its language."""
    others = set(known) - LanguagePage.model_fields.keys()
    found = {name: each for name, each in written.items() if name not in others}
    page = written.get("page", {})
    if not (isinstance(english, Mapping) and isinstance(page, Mapping)):
        return found
    return found | {"page": {**english, **page}}
