"""Whatever people did before and after the copy, and whichever tables are lost, restoring keeps what is promised."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.bookings.model.errors import BookingError
from shared.bookings.tables.repository import GUARD
from tests.unit.local.restore.backed_up import BackedUp

PEOPLE = ("ann", "ben", "cem", "dee")
CAPACITY = 2
TABLES = ("Sessions", "Bookings", "MailLog", "MailIndex", "Service", "Numbers")

EVENTS = st.lists(st.tuples(st.sampled_from(("book", "cancel", "delete")), st.sampled_from(PEOPLE)), max_size=6)
LOSSES = st.sets(st.sampled_from(TABLES), min_size=1)


class Life:
    """What people and an administrator do, one thing after another with a run of the timer after each."""

    def __init__(self) -> None:
        self.system = BackedUp(Capacity=CAPACITY)
        self.deleted, self.cancelled = set[str](), set[str]()

    def do(self, what: str, name: str) -> None:
        live = {person for person, state in self.system.states().items() if state != "cancelled"}
        if what == "book" and name not in live:
            self.system.book(name, join_waiting_list=True)
            self.deleted.discard(name)
            self.cancelled.discard(name)
        elif what == "cancel" and name in live:
            self.system.cancel(name)
            self.cancelled.add(name)
        elif what == "delete" and name in self.system.states():
            self.system.delete(name)
            self.deleted.add(name)
            self.cancelled.discard(name)
        self.settle()

    def settle(self) -> None:
        self.system.pass_time(minutes=5)
        self.system.tick()

    @property
    def live(self) -> set[str]:
        return {name for name, state in self.system.states().items() if state != "cancelled"}


def lived(before: list[tuple[str, str]], after: list[tuple[str, str]], lost: set[str], *, newcomer: bool) -> Life:
    life = Life()
    for event in before:
        life.do(*event)
    life.settle()
    life.system.back_up()
    for event in after:
        life.do(*event)
    life.system.lose(*lost)
    life.settle()
    if newcomer:
        with suppress(BookingError):  # the session is suspended, or gone
            life.system.book("eve", join_waiting_list=True)
    life.system.restore()
    life.system.live(until=life.system.now + timedelta(hours=2))
    return life


def check(life: Life, lost: set[str]) -> None:
    system = life.system
    confirmed = [name for name, state in system.states().items() if state == "confirmed"]
    assert len(confirmed) <= CAPACITY
    operations = Counter(operation for operation, _ in system.sender.sent)
    assert {operation: number for operation, number in operations.items() if number > 1} == {}
    assert life.live & life.deleted == set()
    if not {"MailLog", "MailIndex"} <= lost:
        assert life.live & life.cancelled == set()
    assert not life.live or GUARD in {key for _, key in system.bookings.rows} or system.session_row().text("Problem")


@pytest.mark.parametrize("examples", [25, pytest.param(500, marks=pytest.mark.nightly)])
def test_promises_hold_whatever_was_done_and_lost(examples: int) -> None:
    @settings(max_examples=examples)
    @given(EVENTS, EVENTS, LOSSES, st.booleans())
    def promises_hold(
        before: list[tuple[str, str]], after: list[tuple[str, str]], lost: set[str], newcomer: bool
    ) -> None:
        check(lived(before, after, lost, newcomer=newcomer), lost)

    promises_hold()
