"""Trials of the columns that the service writes: what they say, and that rubbish in them is written over."""

import re
from collections.abc import Mapping

from tests.admin_guide import GuideRow, quoted
from tests.builders import MORNING
from tests.e2e.admin_guide.cells.columns import column_of, remove
from tests.e2e.admin_guide.phrases import UnknownPhraseError, sentences
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial

_PAST = {"Date": "2023-08-01"}


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
    "Since when updates and reminders are held, in UTC": "HeldSince",
    "`yes` once the session is over": "Over",
}
_EMPTY_IF: dict[str, Mapping[str, str]] = {
    "Empty if the service could not read it": {"Date": "tomorrow"},
    "Empty if all is well": {},
    "Empty if nobody is": {},
    "Empty if they are not": {},
    "While you hold emails it says so": {"HoldEmails": "", "Notice": ""},
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
