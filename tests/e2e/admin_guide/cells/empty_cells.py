"""Trials of the columns that people write: as the guide shows, and left empty."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.admin_guide import GuideRow, quoted
from tests.builders import content
from tests.e2e.admin_guide.cells.columns import editable_column_of, some, typed, unread
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial


def column_written_or_empty(service: Service, row: GuideRow) -> Trial:
    name, text = editable_column_of(row), row["If it is empty"]
    if text not in _EMPTY:
        raise UnknownPhraseError(f"the trials do not know how to leave {name} empty: {text}")
    return _written_or_empty(service, name, some(quoted(row["What to write"])), _EMPTY[text])


def _written_or_empty(service: Service, name: str, cells: list[str], is_so: Callable[[Stage, str], bool]) -> Trial:
    yield BEFORE
    stage = Stage(service, **{name: ""})
    answer = stage.book("ann")
    waits = stage.book("ben") if answer.status == 201 else answer
    stages = typed(service, name, cells)
    yield BEFORE
    different = unread(stages)
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
    "Nothing is said": lambda stage, _: _listed(stage)["description"] == "",
    "No name is shown": lambda stage, _: _listed(stage)["facilitator"] == "",
    "The first programme": lambda stage, _: _listed(stage)["programme"] == "",
    "An open session": lambda stage, _: _listed(stage)["theme"] == content().groups.open_theme,
    "It is online, and the usual place is shown": lambda stage, _: _listed(stage)["place"] == content().groups.place,
    "Nobody is asked how it was": lambda stage, _: (
        "feedback" not in [mail.kind for mail in stage.mails_to(stage.address("ann"))]
    ),
    "There is no note": lambda stage, _: "Note:" not in _confirmation(stage),
    "The confirmation of a session online says that the link will follow": lambda stage, _: (
        "We will send you the link to join" in _confirmation(stage)
    ),
    "`draft`: nobody sees it": lambda stage, _: not _listed(stage) and stage.cell("Problem") == "",
    "A day and an hour before, unless your installation chose otherwise": lambda stage, _: (
        "reminder due Thu 7 Sep, 3pm" in stage.booking("ann")["Mail"]
        and len(re.findall(r"(?m)^- .*(?:7 September 2023, 3pm|8 September 2023, 2pm)", _confirmation(stage))) == 2
    ),
    "`yes`": lambda stage, _: stage.booking("ben")["State"] == "waiting",
}
