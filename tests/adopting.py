"""The files, the commands and the sessions of docs/adopting.md, as people copy them from it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import openpyxl

from local.spreadsheet.columns import TITLES
from tests.builders import ROOT

DOCUMENT = (ROOT / "docs" / "adopting.md").read_text("utf-8")
CONTENT, WELSH, SETTINGS = "en.toml", "cy.toml", "local.settings.json"
FOLDER = "functions/content/example"
_FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
_COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def files() -> Mapping[str, str]:
    """The files of the document, by name."""
    return dict(_FILE.findall(DOCUMENT))


def commands() -> list[str]:
    return [line for block in _COMMANDS.findall(DOCUMENT) for line in block.splitlines() if line.strip()]


def settings() -> dict[str, str]:
    values: dict[str, str] = json.loads(files()[SETTINGS])["Values"]
    return values


def write_content(folder: Path) -> Path:
    """Writes the content files into a folder, and returns the English one."""
    for name in (CONTENT, WELSH):
        (folder / name).write_text(files()[name], "utf-8")
    return folder / CONTENT


def session_rows() -> list[list[str]]:
    """The table of sessions, its titles first, without columns that the service does not have."""
    table = DOCUMENT.partition("| Date |")[2].partition("\n\n")[0]
    lines = [line for line in f"| Date |{table}".splitlines() if not line.startswith("|---")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    known = {title for titles in TITLES.values() for title in titles}
    kept = [number for number, title in enumerate(rows[0]) if title in known]
    return [[row[number] for number in kept] for row in rows]


def write_sessions(folder: Path) -> Path:
    """Writes the table of sessions as a spreadsheet."""
    book, path = openpyxl.Workbook(), folder / "sessions.xlsx"
    for row in session_rows():
        book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
    book.save(path)
    return path
