"""Trials of the tables about cells: each is typed as it stands in the guide, and read after the next run."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE
from tests.admin_guide import GuideRow, quoted, says
from tests.builders import MORNING, content
from tests.e2e.admin_guide.phrases import UnknownPhraseError, sentences
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps import RUN_INTERVAL
from tests.e2e.admin_guide.trials import BEFORE, Trial

_PAST = {"Date": "2023-08-01"}


def column_of(row: GuideRow) -> str:
    """The column that a row is about, by its first cell."""
    names = quoted(row.cells[0])
    if len(names) != 1:
        raise UnknownPhraseError(f"{row} names no column")
    return names[0]


def _editable_column_of(row: GuideRow) -> str:
    name = column_of(row)
    if name not in WRITTEN_BY_PEOPLE:
        raise UnknownPhraseError(f"{name} is no column that people write")
    return name


# Columns, and ways to write them.


def what_is_read(service: Service, row: GuideRow) -> Trial:
    return _read(service, _editable_column_of(row), _some(quoted(row["All of these are read"])))


def _read(service: Service, name: str, cells: list[str]) -> Trial:
    yield BEFORE
    stages = _typed(service, name, cells)
    yield BEFORE
    return _unread(stages)


def _typed(service: Service, name: str, cells: list[str]) -> dict[str, Stage]:
    return {cell: Stage(service, **{name: cell}) for cell in cells}


def _unread(stages: Mapping[str, Stage]) -> list[str]:
    said = {cell: (stage.cell("Problem"), stage.cell("Starts")) for cell, stage in stages.items()}
    remove(stages.values())
    return [f"{cell} is not read: {problem}" for cell, (problem, starts) in said.items() if problem or not starts]


def what_is_asked_back(service: Service, row: GuideRow) -> Trial:
    if row["Because"] not in _BECAUSE:
        raise UnknownPhraseError(f"the trials do not know the reason: {row['Because']}")
    return _asked_back(
        service, _editable_column_of(row), _some(quoted(row["These are asked back"])), _BECAUSE[row["Because"]]
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
    "Write the link alone and whole, from `https://` on": "(begins with https|names no website|Paste the link alone)",
}


def _asked_back(service: Service, name: str, cells: list[str], because: str) -> Trial:
    yield BEFORE
    stages = _typed(service, name, cells)
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


# Columns that are left empty.


def column_written_or_empty(service: Service, row: GuideRow) -> Trial:
    name, text = _editable_column_of(row), row["If it is empty"]
    if text not in _EMPTY:
        raise UnknownPhraseError(f"the trials do not know how to leave {name} empty: {text}")
    return _written_or_empty(service, name, _some(quoted(row["What to write"])), _EMPTY[text])


def _written_or_empty(service: Service, name: str, cells: list[str], is_so: Callable[[Stage, str], bool]) -> Trial:
    yield BEFORE
    stage = Stage(service, **{name: ""})
    answer = stage.book("ann")
    waits = stage.book("ben") if answer.status == 201 else answer
    stages = _typed(service, name, cells)
    yield BEFORE
    different = _unread(stages)
    said = f"empty, {name} means something else: {stage.row()}, {answer.text}, {waits.text}"
    different += [] if is_so(stage, name) else [said]
    stage.service.remove(stage.id)
    return different


def _listed(stage: Stage) -> Mapping[str, Any]:
    return stage.service.listed().get(stage.id, {})


def _confirmation(stage: Stage) -> str:
    return stage.mails_to(stage.address("ann"))[0].text


_EMPTY: dict[str, Callable[[Stage, str], bool]] = {
    "Needed": lambda stage, name: stage.cell("Problem").startswith(f"{name} is empty."),
    "75 minutes": lambda stage, _: stage.cell("Starts").endswith("3pm to 4:15pm"),
    "The usual name of these sessions": lambda stage, _: _listed(stage)["title"] == content().groups.session_title,
    "An open session": lambda stage, _: _listed(stage)["theme"] == content().groups.open_theme,
    "The confirmation says that the link will follow": lambda stage, _: (
        "We will send you the link to join" in _confirmation(stage)
    ),
    "`draft`: nobody sees it": lambda stage, _: not _listed(stage) and stage.cell("Problem") == "",
    "A day and an hour before, unless your installation chose otherwise": lambda stage, _: (
        "reminder due Thu 7 Sep, 3pm" in stage.booking("ann")["Mail"]
        and len(re.findall(r"(?m)^- .*(?:7 September 2023, 3pm|8 September 2023, 2pm)", _confirmation(stage))) == 2
    ),
    "`yes`": lambda stage, _: stage.booking("ben")["State"] == "waiting",
}


# Columns that the service writes.


def column_of_the_service(service: Service, row: GuideRow) -> Trial:
    name = column_of(row)
    first, *others = sentences(row["What it says"])
    key = re.sub(r": `[^`]+`$", "", first)
    if key not in _OWN or _OWN[key] != name or not set(others) <= _EMPTY_IF.keys():
        raise UnknownPhraseError(f"the trials do not know: {row}")
    return _restored(service, name, quoted(first), [_EMPTY_IF[each] for each in others])


_OWN = {
    "When the session is": "Starts",
    "How many people hold a place": "Confirmed",
    "How many people wait": "Waiting",
    "What is wrong with the row, and what to write instead": "Problem",
    "Who is about to be emailed about your change, and when": "Notice",
    "What people were told": "Announced",
    "When your change was first seen": "Seen",
    "`yes` once the session is over": "Over",
}
_EMPTY_IF: dict[str, Mapping[str, str]] = {
    "Empty if the service could not read it": {"Date": "tomorrow"},
    "Empty if all is well": {},
    "Empty if nobody is": {},
    "Empty if nothing waits to be announced": {},
    "Leave it alone": {"Announced": ""},
}


def _restored(service: Service, name: str, examples: list[str], empty_if: list[Mapping[str, str]]) -> Trial:
    past = name == "Over"
    yield BEFORE
    stage = Stage(service, **(_PAST if past else {}))
    for person in () if past else ("ann", "ben"):
        assert stage.book(person).status == 201
    empty = [Stage(service, **cells) for cells in empty_if if name not in cells]
    yield MORNING
    before = stage.cell(name)
    different = [f"{name} is {before!r}" for example in examples if before != example]
    different += [f"{name} is not empty" for each in empty if each.cell(name)]
    stage.write(**{name: "rubbish"})
    yield MORNING
    after = stage.cell(name)
    remove([stage, *empty])
    return [*different, *([] if after == before else [f"{name} is {after!r} and was {before!r}"])]


# Cells that are wrong.


def cell_put_right(service: Service, row: GuideRow) -> Trial:
    quote = "".join(quoted(row["`Problem` says"]))
    cells = _wrong_cells(quote)
    remedies = _some(quoted(row["Write, for example"]))
    return _put_right(service, cells, quote, remedies)


def _wrong_cells(quote: str) -> dict[str, str]:
    """The cells that bring a text in `Problem`, the last of them the wrong one."""
    if (found := re.match(r'(\w+) is "(.*?)"\. ?', quote)) is not None:
        return {found[1]: found[2]}
    if (found := re.match(r"(\w+) is empty\.", quote)) is not None:
        return {found[1]: ""}
    if (found := re.match(r"Time ([\d:]+) .* on ([\d-]+) ", quote)) is not None:
        return {"Date": found[2], "Time": found[1]}
    if (found := re.match(r"(\w+) has ([\d,]+) characters\.", quote)) is not None:
        return {found[1]: "x" * int(found[2].replace(",", ""))}
    raise UnknownPhraseError(f"the trials do not know how to bring about: {quote}")


def _put_right(service: Service, cells: Mapping[str, str], quote: str, remedies: list[str]) -> Trial:
    yield BEFORE
    stage = Stage(service, **cells)
    yield BEFORE
    different = [] if says(said := stage.cell("Problem"), quote) else [f"Problem is {said!r}"]
    for number, remedy in enumerate(remedies):
        yield MORNING + number * RUN_INTERVAL
        stage.write(**{list(cells)[-1]: remedy})
        yield MORNING + number * RUN_INTERVAL
        if said := stage.cell("Problem"):
            different.append(f"after {remedy} Problem is {said!r}")
    stage.service.remove(stage.id)
    return different


def remove(stages: Iterable[Stage]) -> None:
    for stage in stages:
        stage.service.remove(stage.id)


def _some(cells: list[str]) -> list[str]:
    if not cells:
        raise UnknownPhraseError("a row has no cell to write")
    return cells
