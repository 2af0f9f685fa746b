"""Trials of cells that are read or asked back: each is typed as it stands in the guide."""

import re
from collections.abc import Mapping

from tests.admin_guide import GuideRow, quoted
from tests.e2e.admin_guide.cells.columns import editable_column_of, remove, some, typed, unread
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial


def what_is_read(service: Service, row: GuideRow) -> Trial:
    return _read(service, editable_column_of(row), some(quoted(row["All of these are read"])))


def _read(service: Service, name: str, cells: list[str]) -> Trial:
    yield BEFORE
    stages = typed(service, name, cells)
    yield BEFORE
    return unread(stages)


def what_is_asked_back(service: Service, row: GuideRow) -> Trial:
    if row["Because"] not in _BECAUSE:
        raise UnknownPhraseError(f"the trials do not know the reason: {row['Because']}")
    return _asked_back(
        service, editable_column_of(row), some(quoted(row["These are asked back"])), _BECAUSE[row["Because"]]
    )


_BECAUSE = {
    "Day and month could be either way round": "day and month can be read either way round",
    "The year is missing": "Write the year too",
    "It is a Friday": "is a Friday",
    "Hours from 1 to 6 need am, pm or a zero in front": "could be in the morning or the afternoon",
    "They could begin or end the day": "It could be at the beginning or the end of the day",
    "It could be 15:03 or 15:30": "It could be 15:03 or 15:30",
    "London has another time in summer": "It names a time zone",
    "Write digits only, from 0 to 10,000": "rite (the number of places|a number from 0 to 10,000)",
    "Write digits only, from 1 to 1,440": "Write a number from 1 to 1,440",
    "It is none of the four words": "Write draft, open, closed or cancelled",
    "Words are not read": "Write P1D,PT1H or none",
    "It is neither yes nor no": "Write yes or no",
    "It is the name of no programme. The session takes no bookings under the rules of another": (
        "^.*Write .*, or leave it empty for the first of them"
    ),
    "Write the link alone and whole, from `https://` on": "(begins with https|names no website|Paste the link alone)",
}


def _asked_back(service: Service, name: str, cells: list[str], because: str) -> Trial:
    yield BEFORE
    stages = typed(service, name, cells)
    yield BEFORE
    said = {cell: stage.cell("Problem") for cell, stage in stages.items()}
    remove(stages.values())
    return [
        f"Problem is {problem!r}"
        for cell, problem in said.items()
        if not problem.startswith(f'{name} is "{cell[:40]}". ') or not re.search(because, problem)
    ]


def when_it_starts(service: Service, row: GuideRow) -> Trial:
    cells = {name: "".join(quoted(row[f"`{name}`"])) for name in ("Date", "Time", "Minutes")}
    if not cells["Date"] or not cells["Time"]:
        raise UnknownPhraseError(f"{row} has no Date or no Time")
    return _starts(service, cells, "".join(quoted(row["`Starts` says"])))


def _starts(service: Service, cells: Mapping[str, str], wanted: str) -> Trial:
    yield BEFORE
    stage = Stage(service, **cells)
    yield BEFORE
    said = stage.cell("Starts")
    stage.service.remove(stage.id)
    return [] if said == wanted else [f"Starts is {said!r}"]
