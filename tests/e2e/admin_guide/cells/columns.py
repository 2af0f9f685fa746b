"""The column that a row of the guide is about, and sessions in which a cell of it is typed."""

from collections.abc import Iterable, Mapping

from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE
from tests.admin_guide import GuideRow, quoted
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage


def column_of(row: GuideRow) -> str:
    """The column that a row is about, by its first cell."""
    names = quoted(row.cells[0])
    if len(names) != 1:
        raise UnknownPhraseError(f"{row} names no column")
    return names[0]


def editable_column_of(row: GuideRow) -> str:
    name = column_of(row)
    if name not in WRITTEN_BY_PEOPLE:
        raise UnknownPhraseError(f"{name} is no column that people write")
    return name


def typed(service: Service, name: str, cells: list[str]) -> dict[str, Stage]:
    return {cell: Stage(service, **{name: cell}) for cell in cells}


def unread(stages: Mapping[str, Stage]) -> list[str]:
    said = {cell: (stage.cell("Problem"), stage.cell("Starts")) for cell, stage in stages.items()}
    remove(stages.values())
    return [f"{cell} is not read: {problem}" for cell, (problem, starts) in said.items() if problem or not starts]


def remove(stages: Iterable[Stage]) -> None:
    for stage in stages:
        stage.service.remove(stage.id)


def some(cells: list[str]) -> list[str]:
    if not cells:
        raise UnknownPhraseError("a row has no cell to write")
    return cells
