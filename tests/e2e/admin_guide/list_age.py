"""Trials of how old the public list can be after a change: the list was read just before it."""

import time
from collections.abc import Callable

from tests.admin_guide import GuideRow
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial


def age_of_the_list(service: Service, row: GuideRow) -> Trial:
    number, unit = (*row["Can be old by"].split(), "", "")[:2]
    what = row["On the public list"]
    if what not in _CHANGES or unit != "seconds" or not number.isdecimal():
        raise UnknownPhraseError(f"the trials do not know: {row}")
    return _aged(service, float(number), _CHANGES[what])


def _aged(service: Service, seconds: float, change: Callable[[Stage], object]) -> Trial:
    yield BEFORE
    stage = Stage(service)
    assert stage.book("ann").status == 201
    yield BEFORE
    service.forget()
    before = service.listed()[stage.id]
    change(stage)
    time.sleep(seconds)
    service.forget()
    after = service.listed()[stage.id]
    service.remove(stage.id)
    return [] if after != before else [f"the list shows the same {seconds} seconds later"]


_CHANGES: dict[str, Callable[[Stage], object]] = {
    'Places left and "Join the waiting list", after you change a booking': lambda stage: stage.delete_booking("ann"),
    "Date, time, name and theme, after you change a session": lambda stage: stage.write(Title="Another"),
}
