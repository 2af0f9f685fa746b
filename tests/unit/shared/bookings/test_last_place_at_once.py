"""The last place, wanted by a newcomer and by someone who presses the button in their email: one of them gets it."""

from collections.abc import Callable
from functools import partial

import pytest

from shared.bookings.model.errors import SessionFullError
from tests.builders import booking_request
from tests.every_row import every_row
from tests.fakes import with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness, Wrap
from tests.unit.shared.bookings.faulty_booking_system import ConcurrentAction

CAPACITY = 5


def with_one_place() -> BookingHarness:
    """A session with one place left, for which someone waits who has yet to prove their address."""
    harness = BookingHarness(Capacity=CAPACITY)
    for name in ("eve", "nia"):
        harness.book(name, email=f"{name}@personal.example.com", works_here=True)
    for name in ("ann", "ben", "cem"):
        harness.book(name)
    assert harness.states()["nia"] == "waiting"
    return harness


def book(harness: BookingHarness, wrap: Wrap) -> None:
    try:
        harness.booking(wrap).book(booking_request(full_name="Kit", email="kit@example.nhs.uk"), harness.now)
    except SessionFullError:
        return


def press_the_button(harness: BookingHarness, wrap: Wrap) -> None:
    harness.self_service(wrap).prove(harness.token("nia"), harness.now)


@every_row("act, other", [(book, press_the_button), (press_the_button, book)])
def test_a_newcomer_and_whoever_presses_the_button_at_any_call_of_each_other_share_no_place(
    act: Callable[[BookingHarness, Wrap], None], other: Callable[[BookingHarness, Wrap], None]
) -> None:
    for at in range(100):
        harness = with_one_place()
        meanwhile = ConcurrentAction(at, "lost-request", act=partial(other, harness, lambda table: table))

        act(harness, with_fault(meanwhile))

        assert harness.repository().roster("s1").held == CAPACITY, f"call {at}"
        if not meanwhile.triggered:
            assert at >= 2
            return
    pytest.fail("the calls never ended")
