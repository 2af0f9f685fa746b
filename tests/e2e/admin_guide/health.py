"""Trials of the addresses that say if the service is well."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from tests.admin_guide import GuideRow, quoted
from tests.builders import MORNING
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.trials import BEFORE, Trial
from tests.e2e.http_client import get

type _State = Generator[datetime]

TOO_LONG = 508  # letters of a RowKey: what is remembered of the session finds no room in a key of 512


def health_answer(service: Service, row: GuideRow) -> Trial:
    when, (address, *_) = row["When"], [*quoted(row["Address"]), ""]
    status, *words = [*quoted(row["What it says"]), ""]
    if when not in STATES or address not in {"/health", "/health/details"} or not status.isdecimal():
        raise UnknownPhraseError(f"the trials do not know: {row}")
    return _asked(service, STATES[when](service), address, int(status), words, with_key=when != _NO_KEY)


def _asked(  # all that a row says
    service: Service, state: _State, address: str, status: int, words: list[str], *, with_key: bool
) -> Trial:
    yield from state
    key = {"x-functions-key": service.stack.hosts[0].master_key} if with_key else {}
    answer = get(f"{service.stack.site}{address}", **key)
    more = set(answer.json) - {"status"} if address == "/health" else set()  # which is open to anyone
    is_so = answer.status == status and not more and all(word in answer.text for word in words)
    return [] if is_so else [f"{address} says {answer.status} {answer.text}"]


def _well(service: Service) -> _State:
    yield BEFORE
    yield BEFORE


def _lost(service: Service) -> _State:
    yield BEFORE
    stage = Stage(service)
    assert stage.book("ann").status == 201
    yield BEFORE
    yield MORNING
    stage.lose_bookings()
    yield MORNING


def _failing(service: Service) -> _State:
    yield BEFORE
    stage = Stage(service, RowKey=f"{service.new_id():x<{TOO_LONG}}")
    assert stage.book("ann", email="ann@nhs.net").status == 201
    yield BEFORE


def _silent(service: Service) -> _State:
    yield BEFORE
    yield BEFORE
    yield BEFORE + timedelta(minutes=20)


_NO_KEY = "You have no key"
STATES: dict[str, Callable[[Service], _State]] = {
    "All is well": _well,
    _NO_KEY: _well,
    "The bookings of a session are missing": _lost,
    "A session could not be processed": _failing,
    "There was no run for 20 minutes": _silent,
}
"""What makes the whole service so: rows of different states are tried one after the other."""
