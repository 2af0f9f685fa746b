"""The tables of the guide for administrators, which tests try row by row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.builders import ROOT

GUIDE = (ROOT / "docs" / "admin.md").read_text("utf-8")

_HEADING = re.compile(r"#+ (.+)")
_RULE = re.compile(r"\|(?:-+\|)+")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class GuideRow:
    """One row of a table, with the heading of its section and the titles of its columns."""

    section: str
    titles: tuple[str, ...]
    cells: tuple[str, ...]

    def __getitem__(self, title: str) -> str:
        return self.cells[self.titles.index(title)]

    def __str__(self) -> str:
        return f"{self.section}: {' | '.join(self.cells)}"


def table_rows(guide: str) -> list[GuideRow]:
    """Every row of every table, in order."""
    found: list[GuideRow] = []
    section = ""
    for is_table, lines in groupby(guide.splitlines(), key=lambda line: line.startswith("|")):
        block = list(lines)
        if is_table:
            found += _rows(section, block)
        section = next((match[1] for line in reversed(block) if (match := _HEADING.fullmatch(line))), section)
    return found


def section_rows(guide: str, section: str) -> list[GuideRow]:
    return [row for row in table_rows(guide) if row.section == section]


def section_text(guide: str, section: str) -> str:
    """The text below a heading, up to the next one."""
    text = re.split(rf"^#+ {re.escape(section)}$", guide, maxsplit=1, flags=re.MULTILINE)[1]
    return re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def says(text: str, quote: str) -> bool:
    """True if a text begins as the guide quotes it; `...` stands for what the quote leaves out."""
    parts = [re.escape(part) for part in re.split(r"\s*\.\.\.\s*", quote)]
    return re.match(r"\s*.*?".join(parts), text) is not None if "..." in quote else text == quote


def _rows(section: str, lines: list[str]) -> Iterator[GuideRow]:
    titles, rule, *rows = lines
    if not _RULE.fullmatch(rule):
        raise ValueError(f"a table without a rule below its titles, in {section}: {titles}")
    for line in rows:
        cells = _cells(line)
        if len(cells) != len(_cells(titles)):
            raise ValueError(f"a row with {len(cells)} cells, in {section}: {line}")
        yield GuideRow(section, _cells(titles), cells)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _BETWEEN_CELLS.split(line.strip("|")))
