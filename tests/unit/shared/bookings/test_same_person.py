"""Someone who is typed in though they are booked has one place, one confirmation, and is named in the typed row."""

from typing import Any

import pytest

from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.errors import LinkUnknownError
from shared.bookings.model.same_person import one_place_each
from shared.bookings.reconcile.roster import reconcile_roster
from shared.tables.service_table import read_service_rows
from shared.tables.table import RowConflictError
from tests.builders import MORNING, POLICY, attendee, london, session
from tests.every_row import every_row
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

LATER = london("2023-09-02 09:00")
SAYS = "is booked already: reference "


def type_in(harness: BookingHarness, name: str, key: str = "typed", **cells: Any) -> None:
    row = {"PartitionKey": "s1", "RowKey": key, "Name": name.title(), "Email": f"{name}@example.nhs.uk"}
    harness.bookings.insert(row | {"State": "confirmed"} | cells)


def row(harness: BookingHarness, key: str = "typed") -> Any:
    return harness.bookings.rows[("s1", key)]


def ticks(harness: BookingHarness, times: int = 3) -> None:
    for _ in range(times):
        harness.pass_time(minutes=5)
        harness.tick()


@every_row("address", ["ann@example.nhs.uk", "Ann@Example.NHS.uk", " ann@example.nhs.uk "])
@every_row("state", ["confirmed", "to-check", "waiting", ""])
@every_row("key", ["typed", "a", "booking-typed", "zz"])
def test_who_is_typed_in_though_booked_has_one_place_and_one_confirmation(address: str, state: str, key: str) -> None:
    harness = HarnessWithOrganiser(Capacity=2)
    booked = harness.book("ann")
    type_in(harness, "ann", key, Email=address, State=state)
    ticks(harness)

    assert harness.kinds("ann") == ["booked"]
    assert harness.session_row().text("Confirmed") == "1"
    assert [each.places_left for each in harness.booking().bookable_sessions(harness.now)] == [1]
    assert harness.book("ben").state == "confirmed"
    assert f"Ann {SAYS}{booked.reference}" in row(harness, key).text("Problem")
    assert row(harness, key).text("Mail") == "no email is sent"
    assert row(harness, key).text("Reference") == booked.reference
    assert sum(SAYS in text for text in harness.texts_received) == 1
    assert any(f"RowKey {key}" in text for text in harness.texts_received)


def test_a_roster_with_two_rows_of_one_person_holds_one_place_for_them() -> None:
    rows = (attendee(key="booking-a"), attendee(key="typed", reference="", booked_at=LATER, submission=""))

    after = reconcile_roster(session(capacity=2), Roster(rows, "guard"), {}, POLICY, LATER).roster

    assert (after.held, [each.holds_a_place for each in after.attendees]) == (1, [True, False])


@pytest.mark.parametrize(
    ("state", "key"),
    [
        ("confirmed", "typed"),
        pytest.param("waiting", "a", marks=pytest.mark.nightly),
        pytest.param("", "zz", marks=pytest.mark.nightly),
        pytest.param("to-check", "booking-typed", marks=pytest.mark.nightly),
    ],
)
def test_who_is_typed_in_though_booked_is_reminded_once(state: str, key: str) -> None:
    harness = HarnessWithOrganiser(Capacity=2)
    harness.book("ann")
    type_in(harness, "ann", key, Email=" Ann@example.nhs.uk", State=state)
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_typed_row_is_confirmed_to_nobody_in_a_run_that_cannot_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = BookingHarness()
    harness.book("ann")
    type_in(harness, "ann")
    harness.pass_time(minutes=5)
    schedule, rows = harness.schedule(), read_service_rows(harness.service)
    monkeypatch.setattr(harness.bookings, "apply", refuse)  # someone is always faster
    seen = schedule.run(rows, harness.now)

    assert [mail.mail_id for each in seen.reconciled for mail in each.due] == []


def refuse(*_: object) -> None:
    raise RowConflictError


def test_who_waits_and_is_typed_in_goes_on_waiting() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ben")
    harness.book("ann", join_waiting_list=True)
    type_in(harness, "ann")
    ticks(harness)

    assert harness.kinds("ann") == ["waiting list"]
    assert "on the waiting list" in row(harness).text("Problem")
    assert (harness.session_row().text("Confirmed"), harness.session_row().text("Waiting")) == ("1", "1")


def test_who_is_typed_in_twice_counts_by_the_row_that_was_known_first() -> None:
    harness = BookingHarness()
    type_in(harness, "ann", "z")
    ticks(harness)
    type_in(harness, "ann", "a")
    ticks(harness)

    assert harness.kinds("ann") == ["booked"]
    assert row(harness, "z").text("State") == "confirmed"
    assert SAYS in row(harness, "a").text("Problem")
    assert row(harness, "z").text("Problem") == ""


def test_who_is_typed_in_twice_at_once_counts_by_the_first_key() -> None:
    harness = BookingHarness()
    for key in ("b", "a", "c"):
        type_in(harness, "ann", key)
    ticks(harness)

    assert harness.kinds("ann") == ["booked"]
    assert [row(harness, key).text("State") for key in ("a", "b", "c")] == ["confirmed", "cancelled", "cancelled"]


def test_who_cancels_does_not_come_back_by_the_typed_row() -> None:
    harness = BookingHarness()
    harness.book("ann")
    type_in(harness, "ann", Name="Typed")
    ticks(harness)
    harness.cancel("ann")
    ticks(harness)

    assert set(harness.states().values()) == {"cancelled"}
    assert row(harness).text("Problem") == ""
    assert harness.kinds("ann") == ["booked", "no longer booked"]


def test_typed_row_that_is_confirmed_once_more_counts_where_the_other_one_is_gone() -> None:
    harness = BookingHarness()
    harness.book("ann")
    type_in(harness, "ann", Name="Typed")
    ticks(harness)
    harness.edit("typed", State="confirmed")
    ticks(harness)
    assert row(harness).text("State") == "cancelled"

    harness.delete("ann")
    harness.edit("typed", State="confirmed")
    ticks(harness)
    assert harness.states() == {"typed": "confirmed"}
    assert harness.kinds("ann") == ["booked", "booked"]


def test_problem_is_gone_with_the_typed_row() -> None:
    harness = BookingHarness()
    harness.book("ann")
    type_in(harness, "ann", Name="Typed")
    ticks(harness)
    harness.delete("typed")
    ticks(harness)

    assert harness.states() == {"ann": "confirmed"}
    assert harness.row("ann").text("Problem") == ""


def test_copy_of_a_row_with_all_its_cells_counts_once() -> None:
    harness = BookingHarness()
    harness.book("ann")
    ticks(harness)
    harness.bookings.insert(dict(harness.row("ann").cells) | {"RowKey": "copy", "Name": "Copy"})
    ticks(harness)

    assert harness.states() == {"ann": "confirmed", "copy": "cancelled"}
    assert harness.kinds("ann") == ["booked"]


def test_address_of_another_person_that_is_written_into_a_row_gets_nothing_and_takes_nobodys_place() -> None:
    harness = HarnessWithOrganiser()
    harness.book("ann")
    harness.book("ben")
    ticks(harness)
    harness.edit("ben", Email="ann@example.nhs.uk")
    ticks(harness)

    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert harness.kinds("ann") == ["booked"]
    assert "This Email belongs to another booking: reference " in harness.row("ben").text("Problem")
    assert harness.row("ann").text("Problem") == ""
    assert sum("belongs to another booking" in text for text in harness.texts_received) == 1

    harness.edit("ben", Email="ben.new@example.nhs.uk")
    ticks(harness)
    assert [mail.to for mail in harness.mails("ben")] == ["ben@example.nhs.uk", "ben.new@example.nhs.uk"]
    assert harness.row("ben").text("Problem") == ""
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}


def test_address_that_is_put_back_is_no_news() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.book("ben")
    ticks(harness)
    harness.edit("ben", Email="ann@example.nhs.uk")
    ticks(harness)
    harness.edit("ben", Email="ben@example.nhs.uk")
    ticks(harness)

    assert harness.kinds("ben") == harness.kinds("ann") == ["booked"]


def test_people_without_an_address_are_different_people() -> None:
    harness = BookingHarness()
    type_in(harness, "ann", "a", Email="")
    type_in(harness, "ben", "b", Email="")
    ticks(harness)

    assert harness.session_row().text("Confirmed") == "2"


def test_typed_row_gets_the_reference_that_the_person_would_get_by_booking() -> None:
    harness, other = BookingHarness(), BookingHarness()
    type_in(harness, "ann")
    ticks(harness)

    assert row(harness).text("Reference") == other.book("ann").reference


@pytest.mark.parametrize("address", ["", "ann", "ann@", "a@b.uk, c@d.uk"])
def test_row_without_a_usable_address_promises_no_email_until_it_has_one(address: str) -> None:
    harness = HarnessWithOrganiser()
    type_in(harness, "ann", Email=address)
    ticks(harness)
    assert row(harness).text("Mail") == "no email can be sent"
    assert sum("so no email can be sent" in text for text in harness.texts_received) == 1

    harness.edit("ann", Email="ann@example.nhs.uk")
    ticks(harness)
    assert row(harness).text("Mail").startswith("confirmation sent")
    assert "reminder due" in row(harness).text("Mail")
    assert len(row(harness).text("Reference")) == 8
    assert harness.kinds("ann") == ["booked"]


def row_of(**cells: Any) -> Attendee:
    return attendee(**({"submission": "x-y"} | cells))


@pytest.mark.parametrize(
    "rows",
    [
        (row_of(key="booking-b"), row_of(key="a", submission="")),
        (
            row_of(key="booking-b", booked_at=london("2023-09-02 09:00")),
            row_of(key="a", submission="", booked_at=MORNING),
        ),
        (row_of(key="booking-b"), row_of(key="booking-a", known_email="other@example.nhs.uk")),
        (row_of(key="b", submission="", state_at=MORNING), row_of(key="a", submission="", state_at=None)),
        (row_of(key="b", submission="", known_state="confirmed"), row_of(key="a", submission="", known_state="")),
        (row_of(key="a", submission=""), row_of(key="b", submission="")),
    ],
)
def test_first_row_counts_whatever_their_order(rows: tuple[Attendee, Attendee]) -> None:
    for order in (rows, rows[::-1]):
        marked = {each.key: each.same_person for each in one_place_each(order)}
        assert marked[rows[0].key] == ""
        assert marked[rows[1].key] != ""


@pytest.mark.parametrize("seen", [False, True])
def test_typed_row_of_someone_booked_gets_no_place_that_becomes_free(*, seen: bool) -> None:
    harness = BookingHarness(Capacity=2)
    for name in ("ann", "cem"):
        harness.book(name)
    type_in(harness, "ann", State="waiting")
    if seen:
        ticks(harness)
    harness.cancel("cem")
    ticks(harness)

    assert harness.kinds("ann") == ["booked"]
    assert row(harness).text("State") == "cancelled"


@pytest.mark.parametrize("seen", [False, True])
def test_place_for_a_row_with_the_address_of_another_is_told_to_nobody(*, seen: bool) -> None:
    harness = BookingHarness(Capacity=1)
    for name in ("cem", "ann", "ben"):
        harness.book(name, join_waiting_list=True)
        harness.pass_time(minutes=1)
    harness.tick()
    harness.edit("ann", Email="ben@example.nhs.uk")
    if seen:
        ticks(harness)
    harness.cancel("cem")
    ticks(harness)
    assert harness.kinds("ben") == ["waiting list"]

    harness.edit("ann", Email="ann.new@example.nhs.uk")
    ticks(harness)
    assert harness.kinds("ann.new") == ["booked"]


def test_place_for_a_row_whose_address_was_just_corrected_is_told_once() -> None:
    harness = BookingHarness(Capacity=1)
    for name in ("cem", "ann"):
        harness.book(name, join_waiting_list=True)
    harness.tick()
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.cancel("cem")
    ticks(harness)

    assert harness.kinds("ann.new") == ["booked"]


def test_who_asks_again_is_not_told_at_the_address_of_another() -> None:
    harness = BookingHarness(Capacity=3)
    for name in ("ann", "ben"):
        harness.book(name)
    ticks(harness)
    harness.edit("ann", Email="ben@example.nhs.uk")
    ticks(harness)
    harness.book("ann")
    ticks(harness)

    assert harness.kinds("ben") == ["booked"]


@pytest.mark.parametrize("minutes", [5, 60 * 24])
def test_who_is_typed_in_under_the_key_of_a_deleted_row_is_told_and_the_earlier_link_opens_nothing(
    minutes: int,
) -> None:
    harness = BookingHarness()
    type_in(harness, "ann")
    ticks(harness)
    link = harness.token("ann")
    harness.delete("ann")
    harness.pass_time(minutes=minutes)
    type_in(harness, "cem")
    ticks(harness)

    assert (harness.kinds("ann"), harness.kinds("cem")) == (["booked"], ["booked"])
    assert harness.self_service().find(harness.token("cem"), harness.now).attendee.name == "Cem"
    with pytest.raises(LinkUnknownError):
        harness.self_service().find(link, harness.now)
