"""Trials of the order in which one of two rows with the same RowKey stays the session.

In each, every rule after the one that is tried would choose the other row, which is on 15 September.
"""

from collections.abc import Callable

from tests.admin_guide import GuideRow
from tests.builders import MORNING
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial

_OTHER = {"Date": "2023-09-15"}


def row_that_is_the_session(service: Service, row: GuideRow) -> Trial:
    rules = list(_RULES)
    text = row["The row that stays the session"]
    if text not in rules or row["Order"] != str(rules.index(text) + 1):
        raise UnknownPhraseError(f"the trials do not know this rule: {row}")
    return _RULES[text](service)


def _remembered(service: Service) -> Trial:
    yield BEFORE
    stage, other = Stage(service, PartitionKey="zzz"), Stage(service, **_OTHER)
    assert stage.book("ann").status == 201
    yield MORNING
    stage.add_second("sessions", **_OTHER, Announced=other.cell("Announced"))
    yield MORNING
    return _differs(stage)


def _announced(service: Service) -> Trial:
    yield BEFORE
    stage = Stage(service, PartitionKey="zzz")
    yield MORNING
    stage.add_second("sessions", **_OTHER)
    yield MORNING
    return _differs(stage)


def _of_the_loader(service: Service) -> Trial:
    yield BEFORE
    stage = Stage(service)
    stage.add_second("aaa", **_OTHER)
    yield BEFORE
    return _differs(stage)


def _first_in_the_alphabet(service: Service) -> Trial:
    yield BEFORE
    stage = Stage(service, PartitionKey="aaa")
    stage.add_second("bbb", **_OTHER)
    yield BEFORE
    return _differs(stage)


def _differs(stage: Stage) -> list[str]:
    shown = str(stage.service.listed().get(stage.id, {}).get("starts"))
    stage.service.remove(stage.id)
    return [] if shown.startswith("2023-09-08") else [f"the list shows {shown}"]


_RULES: dict[str, Callable[[Service], Trial]] = {
    "The one whose `Announced` goes with what the service remembers that attendees were told": _remembered,
    "If none or both do: the one that was announced, before one that never was": _announced,
    "Then the one with the `PartitionKey` `sessions`": _of_the_loader,
    "Then the one whose `PartitionKey` comes first in the alphabet": _first_in_the_alphabet,
}
