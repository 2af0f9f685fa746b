"""A language file whose every text is marked, so that whatever is not translated is seen."""

import shutil
from datetime import date
from pathlib import Path

from tests.builders import ROOT, content

START, END = "⟦", "⟧"
CHECKED = date(2026, 11, 30)
_ENGLISH = ROOT / "functions" / "content" / "mersey-care" / "en.toml"


def marked(text: str) -> str:
    """The text as it stands on a page of this language, a third longer, as translations are."""
    return f"{START}{text} {'~' * (len(text) // 3)}{END}"


def write_language(folder: Path, tag: str, *, direction: str = "rtl", checked: bool = True, page: str = "") -> Path:
    """Writes the English content file and one of that language, and returns the path of the first.

    `page` is TOML for the table `page`; without it every text of the English page is marked.
    """
    english = folder / "en.toml"
    shutil.copy(_ENGLISH, english)
    by = f'checked_by = "A native speaker"\nchecked_on = {CHECKED.isoformat()}\n' if checked else ""
    written = page or _marked_page()
    (folder / f"{tag}.toml").write_text(
        f'name = "{marked(tag)}"\ndir = "{direction}"\n{by}\n[page]\n{written}', "utf-8"
    )
    return english


def _marked_page() -> str:
    page = content().in_your_language
    lines = [f'title = "{marked(page.title)}"', f'lede = "{marked(page.lede)}"']
    for section in page.sections:
        links = ", ".join(f'{{ text = "{marked(each.text)}", url = "{each.url}" }}' for each in section.links)
        lines += ["[[page.sections]]", f'heading = "{marked(section.heading)}"', f"links = [{links}]"]
        for key in ("text", "items", "then"):
            lines.append(f"{key} = [{', '.join(f'"{marked(each)}"' for each in getattr(section, key))}]")
    return "\n".join(lines) + "\n"
