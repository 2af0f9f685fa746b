"""A session row that someone deletes does not take its attendees with it."""

from datetime import timedelta

from tests.builders import london, session_cells
from tests.unit.shared.bookings.booking_system import BookingHarness


def deleted(harness: BookingHarness, session_id: str = "s1") -> None:
    row = harness.session_row(session_id)
    del harness.sessions.rows[(row.partition, row.key)]


def harness_with(*names: str) -> BookingHarness:
    harness = BookingHarness()
    for name in names:
        harness.book(name)
    harness.tick()
    return harness


def test_for_a_day_nobody_is_told_because_it_may_have_been_a_slip() -> None:
    harness = harness_with("ann")
    deleted(harness)
    harness.live(until=harness.now + timedelta(hours=23, minutes=55))

    assert harness.kinds("ann") == ["booked"]


def test_after_a_day_everybody_is_told_once_that_it_is_cancelled() -> None:
    harness = harness_with("ann", "ben")
    deleted(harness)
    harness.live(until=harness.now + timedelta(hours=25))

    for name in ("ann", "ben"):
        assert harness.kinds(name) == ["booked", "cancelled"]
        assert "Friday 8 September 2023, 3pm" in harness.mails(name)[1].text


def test_they_are_told_before_it_would_have_started() -> None:
    harness = harness_with("ann")
    harness.at(london("2023-09-08 12:00"))
    harness.tick()
    deleted(harness)
    harness.live(until=london("2023-09-08 16:30"))

    assert harness.kinds("ann") == ["booked", "reminder", "cancelled"]


def test_a_row_that_is_put_back_in_time_goes_on_as_if_nothing_had_been() -> None:
    harness = harness_with("ann")
    kept = harness.session_row().cells
    deleted(harness)
    harness.live(until=harness.now + timedelta(hours=3))
    harness.sessions.put(kept)
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_a_row_that_nobody_had_booked_is_forgotten() -> None:
    harness = BookingHarness()
    harness.tick()
    deleted(harness)
    harness.tick()

    assert [row.key for row in harness.service.query(PartitionKey="service")] == ["past-sessions"]


def test_another_session_is_not_touched() -> None:
    harness = harness_with("ann")
    harness.add_session(**session_cells(RowKey="s2", Date="2023-10-03"))
    harness.book("ben", "s2")
    harness.tick()
    deleted(harness)
    harness.live(until=harness.now + timedelta(hours=30))

    assert harness.kinds("ben") == ["booked"]


def test_a_row_that_is_put_back_with_another_time_is_told_to_everybody() -> None:
    harness = harness_with("ann")
    deleted(harness)
    harness.pass_time(minutes=5)
    harness.tick()
    harness.add_session(Time="17:00")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert harness.kinds("ann") == ["booked", "changed"]
    assert "5pm to 6:15pm" in harness.mails("ann")[1].text


def test_who_was_told_that_it_is_cancelled_hears_that_it_takes_place_after_all() -> None:
    harness = harness_with("ann")
    deleted(harness)
    harness.live(until=harness.now + timedelta(hours=26))
    harness.add_session()
    harness.live(until=harness.now + timedelta(minutes=30))
    harness.edit_session(Time="17:00")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert harness.kinds("ann") == ["booked", "cancelled", "changed", "changed"]
    assert "The session takes place after all" in harness.mails("ann")[2].text


def test_the_link_opens_while_the_row_is_missing_and_the_place_can_be_given_up() -> None:
    harness = harness_with("ann")
    token = harness.token("ann")
    deleted(harness)
    harness.tick()

    assert harness.self_service().find(token, harness.now).attendee.name == "Ann"
    assert not harness.self_service().cancel(token, harness.now).already


def test_row_restored_with_a_new_time_is_announced_even_after_a_new_booking() -> None:
    harness = harness_with("ann")
    deleted(harness)
    harness.sessions.insert(session_cells(Time="16:00"))
    harness.book("ben")
    harness.live(until=harness.now + timedelta(hours=1))

    assert harness.kinds("ann") == ["booked", "changed"]
    assert "4pm" in harness.mails("ann")[1].text


def test_row_restored_unchanged_is_not_announced_even_after_a_new_booking() -> None:
    harness = harness_with("ann")
    deleted(harness)
    harness.sessions.insert(session_cells())
    harness.book("ben")
    harness.live(until=harness.now + timedelta(hours=1))

    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked"], ["booked"])
