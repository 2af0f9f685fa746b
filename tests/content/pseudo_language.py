"""Language files whose every text is marked, so that whatever is not translated is seen."""

import json
import shutil
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from local.content.service_sentences import service_sentences
from shared.content.agreement import agreed_part
from tests.builders import ROOT

START, END = "⟦", "⟧"
CHECKED = date(2026, 11, 30)
_ENGLISH = ROOT / "functions" / "content" / "mersey-care" / "en.toml"
# Keys of a content file that are no texts: addresses, codes, and whole tables of them.
_NO_TEXT = {
    "url",
    "email",
    "phone",
    "file",
    "code",
    "ask",
    "level",
    "checked_on",
    "consent_version",
    "security",
    "bank_holidays",
}


def marked(text: str) -> str:
    """The text as it stands on a page of this language, a third longer, as translations are."""
    return f"{START}{text} {'~~~~~ ' * (len(text) // 18)}~{END}"


def write_language(folder: Path, tag: str, *, direction: str = "rtl", checked: bool = True, page: str = "") -> Path:
    """Writes the English content file and one of that language with nothing but its page, and returns the first's path.

    `page` is TOML for the table `page`; without it every text of the English page is marked.
    """
    english = folder / "en.toml"
    shutil.copy(_ENGLISH, english)
    head = _head(tag, direction) if checked else {"name": marked(tag), "dir": direction}
    written = page or _tables(_marked(_english()["in_your_language"]))
    (folder / f"{tag}.toml").write_text(f"{_tables(head)}\n[page]\n{written}", "utf-8")
    return english


def write_site(folder: Path, tag: str, *, direction: str = "rtl") -> Path:
    """Writes the content file of a site in that language, with `en.toml` beside it, and returns its path.

    Every text of the content and every sentence that the templates have for translation is marked.
    """
    shutil.copy(_ENGLISH, folder / "en.toml")
    content = _marked(_english())
    page = {"page": content.pop("in_your_language")}
    sentences = {"sentences": {english: marked(english) for english in sorted(service_sentences())}}
    path = folder / f"{tag}.toml"
    path.write_text(_tables(_head(tag, direction) | content | page | sentences), "utf-8")
    return path


def _english() -> dict[str, Any]:
    found: dict[str, Any] = agreed_part(tomllib.loads(_ENGLISH.read_text("utf-8")))
    return found


def _head(tag: str, direction: str) -> dict[str, Any]:
    return {"name": marked(tag), "dir": direction, "checked_by": "A native speaker", "checked_on": CHECKED}


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: each if name in _NO_TEXT else _marked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_marked(each) for each in value]
    return marked(value) if isinstance(value, str) else value


def _tables(tables: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(name)} = {_toml(value)}\n" for name, value in tables.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
