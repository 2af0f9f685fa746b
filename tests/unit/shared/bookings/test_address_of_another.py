"""A row into which the address of someone else was written: nothing about it is sent there, also after they left."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.unit.shared.bookings.test_same_person import type_in
from tests.unit.shared.bookings.test_stale_saves import PortalHarness, full

BENS = "ben@example.nhs.uk"
TOLD = "This Email belongs to another booking: reference "


def with_bens_address(*names: str, **cells: object) -> PortalHarness:
    """Ann's row holds Ben's address, and a run has seen it."""
    harness = full(*(names or ("ann", "ben")), **({"Capacity": 2} | cells))
    harness.ticks()
    harness.edit("ann", Email=BENS)
    harness.ticks()
    return harness


def leave_by_link(harness: PortalHarness) -> None:
    harness.cancel("ben")


def cancel_by_hand(harness: PortalHarness) -> None:
    harness.edit("ben", State="cancelled")


def move(harness: PortalHarness) -> None:
    harness.add_session(RowKey="s2", Date="2023-09-12")
    harness.move("ben", "s2")


LEAVING = pytest.mark.parametrize("leave", [leave_by_link, cancel_by_hand, move])


@LEAVING
def test_nothing_about_the_row_is_sent_to_someone_who_left(leave: Callable[[PortalHarness], None]) -> None:
    harness = with_bens_address()
    leave(harness)
    harness.ticks()
    told = harness.kinds("ben")
    harness.live(until=harness.now + timedelta(days=8))

    assert told.count("booked") == (2 if leave is move else 1)
    reminded = [mail for mail in harness.mails("ben") if "reminder" in mail.subject]
    assert all("12 September" in mail.text for mail in reminded), "of the session that Ben moved to"
    assert harness.kinds("ann") == ["booked"]
    assert harness.states()["ann"] == "confirmed"
    assert harness.row("ann").text("Problem").startswith(TOLD)
    assert harness.row("ann").text("Mail").endswith("no email is sent")


@LEAVING
def test_address_of_someone_who_left_before_is_theirs_too(leave: Callable[[PortalHarness], None]) -> None:
    harness = full("ann", "ben", Capacity=2)
    harness.ticks()
    leave(harness)
    harness.ticks()
    told = harness.kinds("ben")
    harness.edit("ann", Email=BENS)
    harness.ticks()

    assert harness.kinds("ben") == told
    assert harness.row("ann").text("Problem").startswith(TOLD)


def test_organiser_is_told_once_of_the_row_whatever_becomes_of_the_other() -> None:
    harness = with_bens_address("cem", "ann", "ben")
    harness.live(until=harness.now + timedelta(hours=2))
    harness.cancel("cem")
    harness.live(until=harness.now + timedelta(hours=2))
    harness.cancel("ben")
    harness.live(until=harness.now + timedelta(hours=2))

    assert sum(TOLD in text for text in harness.texts_received) == 1


def test_organiser_is_told_once_of_a_typed_row_though_the_other_gets_a_place() -> None:
    harness = full("cem", "ann")
    harness.ticks()
    type_in(harness, "ann")
    harness.live(until=harness.now + timedelta(hours=2))
    harness.cancel("cem")
    harness.live(until=harness.now + timedelta(hours=2))

    assert sum("is booked already" in text for text in harness.texts_received) == 1


def test_someone_who_left_and_books_again_has_a_booking_of_their_own() -> None:
    harness = with_bens_address(Capacity=3)
    harness.cancel("ben")
    harness.ticks()
    booked = harness.book("ben")
    harness.ticks()

    assert booked.state == "confirmed"
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert harness.kinds("ben") == ["booked", "no longer booked", "booked"]
    assert harness.row("ben").text("Problem") == ""
    assert harness.self_service().find(harness.token("ben"), harness.now).attendee.name == "Ben"


@pytest.mark.parametrize("left", [False, True])
def test_whoever_asks_again_gets_their_own_address_back_and_is_told(*, left: bool) -> None:
    harness = with_bens_address(Capacity=3)
    if left:
        harness.cancel("ben")
        harness.ticks()
    harness.book("ann")
    bens = harness.kinds("ben")
    harness.ticks()

    assert harness.kinds("ann") == ["booked", "already booked"]
    assert harness.kinds("ben") == bens
    assert harness.row("ann").text("Email") == "ann@example.nhs.uk"
    assert harness.row("ann").text("Problem") == ""
    assert harness.self_service().find(harness.token("ann"), harness.now).attendee.name == "Ann"


def test_whoever_asks_again_within_the_hour_is_told_at_their_own_address() -> None:
    harness = full("ann", "ben", Capacity=3)
    harness.ticks()
    harness.book("ann")
    harness.edit("ann", Email=BENS)
    harness.ticks()
    harness.book("ann")
    harness.ticks()

    assert harness.kinds("ann") == ["booked", "already booked", "already booked"]
    assert harness.kinds("ben") == ["booked"]


def test_corrected_address_of_someone_who_asks_by_the_earlier_one_stays_corrected() -> None:
    harness = full("ann", Capacity=3)
    harness.ticks()
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.book("ann")
    harness.ticks()

    assert harness.row("ann").text("Email") == "ann.new@example.nhs.uk"
    assert harness.kinds("ann.new")[0] == "booked"


def test_row_is_the_persons_once_the_other_row_is_deleted() -> None:
    harness = with_bens_address()
    harness.cancel("ben")
    harness.ticks()
    harness.delete("ben")
    harness.ticks()

    assert harness.kinds("ben") == ["booked", "no longer booked", "booked"]
    assert harness.row("ann").text("Problem") == ""


def test_address_that_is_put_right_after_the_other_left_is_told() -> None:
    harness = with_bens_address()
    harness.cancel("ben")
    harness.ticks()
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.ticks()

    assert harness.kinds("ann.new") == ["booked"]
    assert harness.row("ann").text("Problem") == ""


def test_someone_who_moved_gets_the_file_that_takes_out_their_own_booking() -> None:
    harness = with_bens_address()
    harness.add_session(RowKey="s2", Date="2023-09-12")
    harness.move("ben", "s2")

    token = harness.token("ben")
    assert any(f"/calendar/{token}" in mail.text for mail in harness.mails("ben"))


def test_whoever_asks_again_where_no_address_was_left_is_told_at_their_own() -> None:
    harness = full("ann", Capacity=3)
    harness.ticks()
    harness.edit("ann", Email="none")
    harness.ticks()
    told = len(harness.kinds("ann"))
    harness.book("ann")
    harness.ticks()

    assert "booked" in harness.kinds("ann")[told:]
    assert harness.row("ann").text("Email") == "ann@example.nhs.uk"
    assert harness.row("ann").text("Problem") == ""
