"""Addresses of the trust's that nobody has: their emails come back, and the places are given to others."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.errors import SessionFullError
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.staff_emails.organiser_alerts import Alert, alerts, mass_bounce_alert
from shared.tables.service_table import read_service_rows
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness


def run(harness: BookingHarness) -> ReconcileResult:
    return harness.schedule().run(read_service_rows(harness.service), harness.now)


def told(harness: BookingHarness) -> list[Alert]:
    """The alerts of a run about people and domains."""
    seen, now = run(harness), harness.now
    of_people = [each for found in seen.reconciled for each in alerts(found.session, found.roster, harness.policy, now)]
    return [*map(mass_bounce_alert, seen.mass_bounces), *of_people]


def bounced(name: str = "eve", status: str = "Bounced", **cells: Any) -> BookingHarness:
    """Someone booked at 9am on a Friday, and two minutes later the email came back; then a run."""
    harness = BookingHarness(**cells)
    harness.book(name)
    harness.pass_time(minutes=2)
    harness.report(f"{name}@example.nhs.uk", status)
    settle(harness)
    return harness


def settle(harness: BookingHarness) -> None:
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()


@pytest.mark.parametrize("status", ["Bounced", "Suppressed"])
def test_a_place_is_kept_for_one_working_day_after_its_email_came_back_and_the_organiser_is_told(status: str) -> None:
    harness = bounced(status=status)
    assert harness.states() == {"eve": "to-check"}
    [alert] = told(harness)
    assert alert.title.startswith("Problem with the booking of Eve")
    assert "Email did not arrive: confirmation bounced" in alert.text
    assert "We keep the place until Monday 4 September 2023, 9:" in alert.text

    harness.live(until=london("2023-09-04 09:00"))
    assert harness.states() == {"eve": "to-check"}
    harness.live(until=london("2023-09-04 09:20"))

    assert harness.states() == {"eve": "cancelled"}
    assert harness.row("eve").text("Reason") == "email came back"
    assert harness.kinds("eve") == ["booked"], "nothing more goes to an address that does not exist"


@pytest.mark.parametrize("status", ["FilteredSpam", "Quarantined", "Failed", "Expanded", "Delivered"])
def test_no_other_report_changes_a_booking(status: str) -> None:
    harness = bounced(status=status)
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.states() == {"eve": "confirmed"}


def test_who_has_used_the_link_stays() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.self_service().set_reminders(harness.token("ann"), on=False, now=harness.now)
    harness.report("ann@example.nhs.uk", "Bounced")
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.states() == {"ann": "confirmed"}


def test_who_got_an_email_before_stays() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.report("ann@example.nhs.uk", "Delivered")
    harness.edit_session(Time="16:00")
    harness.live(until=london("2023-09-01 10:00"))
    operation, _ = harness.sender.sent[-1]
    harness.mailer().record_report(str(operation), "Bounced", harness.now)
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.kinds("ann") == ["booked", "changed"]
    assert harness.states() == {"ann": "confirmed"}


def test_who_uses_the_link_after_all_has_the_place_again() -> None:
    harness = bounced()
    harness.self_service().set_reminders(harness.token("eve"), on=True, now=harness.now)
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.states() == {"eve": "confirmed"}
    assert harness.kinds("eve") == ["booked"]


@pytest.mark.parametrize("before", [True, False])
def test_whoever_was_typed_confirmed_stays(before: bool) -> None:
    harness = BookingHarness()
    if before:
        typed = {"PartitionKey": "s1", "RowKey": "by hand", "Name": "Eve", "Email": "eve@example.nhs.uk"}
        harness.bookings.insert(typed | {"State": "confirmed"})
        harness.tick()
        harness.report("eve@example.nhs.uk", "Bounced")
    else:
        harness = bounced()
        harness.edit("eve", State="confirmed")
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.states() == {"eve": "confirmed"}
    assert "Email did not arrive" in harness.row("eve").text("Problem")


def test_an_address_that_is_corrected_gets_the_place_and_the_confirmation() -> None:
    harness = bounced()
    harness.edit("eve", Email="eva@example.nhs.uk")
    harness.live(until=london("2023-09-06 09:20"))

    assert harness.states() == {"eve": "confirmed"}
    assert harness.kinds("eva") == ["booked"]


def test_who_waits_and_whose_email_came_back_is_passed_over() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("eve", join_waiting_list=True)
    harness.report("eve@example.nhs.uk", "Bounced")
    harness.report("ann@example.nhs.uk", "Delivered")
    settle(harness)
    harness.book("ben", join_waiting_list=True)
    harness.cancel("ann")

    assert harness.states() == {"ann": "cancelled", "eve": "waiting", "ben": "confirmed"}
    harness.live(until=london("2023-09-04 09:30"))
    assert harness.states()["eve"] == "cancelled"


def test_more_than_three_of_one_domain_within_an_hour_release_nothing_and_raise_an_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-09-20")
    for name, session_id in (("ann", "s1"), ("ben", "s2"), ("cem", "s1"), ("dee", "s2")):
        harness.book(name, session_id)
        harness.pass_time(minutes=15)
        harness.report(f"{name}@example.nhs.uk", "Bounced")
        harness.tick()
    with caplog.at_level(logging.ERROR):
        found = told(harness)
    assert found[0].title == "Many emails came back"
    assert "4 addresses at example.nhs.uk" in found[0].text
    assert "emails to 4 addresses of one domain came back within an hour" in caplog.text
    assert "example.nhs.uk" not in caplog.text

    harness.live(until=london("2023-09-04 18:00"))

    assert set((harness.states() | harness.states("s2")).values()) == {"to-check"}


def test_three_of_one_domain_are_released_each() -> None:
    harness = BookingHarness()
    for name in ("ann", "ben", "cem"):
        harness.book(name)
    harness.report("", "Bounced")
    harness.live(until=london("2023-09-04 09:20"))

    assert set(harness.states().values()) == {"cancelled"}


def test_nothing_is_released_while_emails_of_the_domain_still_come_back() -> None:
    harness = BookingHarness(Capacity=100)
    for name in ("ann", "ben", "cem", "dee"):
        harness.book(name)
    harness.report("", "Bounced")
    settle(harness)
    harness.at(london("2023-09-05 08:30"))
    for name in ("ina", "ira", "ivo", "ida"):
        harness.book(name)
        harness.report(f"{name}@example.nhs.uk", "Bounced")
    harness.live(until=london("2023-09-05 09:25"))
    assert set(harness.states().values()) == {"to-check"}

    harness.live(until=london("2023-09-05 10:00"))

    assert {name for name, state in harness.states().items() if state == "cancelled"} == {"ann", "ben", "cem", "dee"}


def test_60_invented_staff_addresses_whose_emails_come_back_hold_nothing_two_working_days_later() -> None:
    harness = BookingHarness()
    for number in range(60):
        name = f"x{chr(97 + number // 26)}{chr(97 + number % 26)}"
        try:
            harness.book(name, join_waiting_list=True)
        except SessionFullError:
            assert number >= 48, "12 places, and 36 who wait"
    harness.report("", "Bounced")

    harness.live(until=london("2023-09-05 09:30"))

    assert set(harness.states().values()) == {"cancelled"}
    harness.tick()
    assert harness.booking().bookable_sessions(harness.now)[0].places_left == 12


def test_an_email_that_comes_back_is_nothing_new_in_later_runs() -> None:
    harness = bounced()
    before = {row.key: row.etag for row in harness.rows()}
    settle(harness)

    assert {row.key: row.etag for row in harness.rows()} == before


def test_a_reminder_that_comes_back_to_someone_of_before_this_rule_changes_nothing() -> None:
    harness = BookingHarness()
    harness.book("ann")
    row = harness.row("ann")
    harness.bookings.delete(row.partition, row.key)
    harness.bookings.put({name: value for name, value in row.cells.items() if name != "ActedAt"})
    harness.report("ann@example.nhs.uk", "Bounced")
    harness.live(until=harness.now + timedelta(days=4))

    assert harness.states() == {"ann": "confirmed"}


def test_a_row_saved_as_it_was_before_the_email_came_back_gains_a_working_day_at_most() -> None:
    harness = BookingHarness()
    harness.book("eve")
    opened = dict(harness.row("eve").cells)
    harness.report("eve@example.nhs.uk", "Bounced")
    settle(harness)
    harness.bookings.put(opened)
    settle(harness)
    assert harness.states() == {"eve": "to-check"}

    harness.live(until=london("2023-09-04 10:00"))
    assert harness.states() == {"eve": "cancelled"}
