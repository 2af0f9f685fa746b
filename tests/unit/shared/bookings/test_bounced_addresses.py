"""Addresses of the trust's that nobody has: their emails come back, and the places are given to others."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.errors import SessionFullError
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.staff_emails.organiser_alerts import Alert, mass_bounce_alert
from shared.bookings.staff_emails.organiser_digest import session_alerts
from shared.tables.service_table import read_service_rows
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness


def run(harness: BookingHarness) -> ReconcileResult:
    return harness.schedule().run(read_service_rows(harness.service), harness.now)


def told(harness: BookingHarness) -> list[Alert]:
    """The alerts of a run about people and domains."""
    seen, now = run(harness), harness.now
    many = {address for mass in seen.mass_bounces for address in mass.addresses}
    of_people = session_alerts(seen.reconciled, {}, harness.policy, now, of_many=many)
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
    assert [each.title for each in found] == ["Many emails came back"], "one alert for all of them"
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


def test_nothing_of_many_is_released_before_two_working_days_and_a_second_email_that_came_back() -> None:
    harness = BookingHarness(Capacity=100)
    harness.comes_back = lambda _: True
    for name in ("ann", "ben", "cem", "dee"):
        harness.book(name)
    settle(harness)
    harness.at(london("2023-09-05 08:30"))
    for name in ("ina", "ira", "ivo", "ida"):
        harness.book(name)
    harness.live(until=london("2023-09-05 08:59"))
    assert set(harness.states().values()) == {"to-check"}

    harness.live(until=london("2023-09-05 10:00"))

    assert {name for name, state in harness.states().items() if state == "cancelled"} == {"ann", "ben", "cem", "dee"}
    assert harness.kinds("ann") == ["booked", "booked"]


def letters(number: int) -> str:
    return "x" + f"{number:04d}".translate(str.maketrans("0123456789", "abcdefghij"))


def book_invented(harness: BookingHarness, numbers: range, session_id: str = "s1") -> int:
    """Books with addresses that nobody has and returns how many were refused."""
    refused = 0
    for number in numbers:
        try:
            harness.book(letters(number), session_id, join_waiting_list=True)
        except SessionFullError:
            refused += 1
    return refused


def test_60_invented_staff_addresses_whose_emails_come_back_hold_nothing_two_working_days_later() -> None:
    harness = BookingHarness()
    harness.comes_back = lambda _: True
    assert book_invented(harness, range(60)) == 12, "12 places, and 36 who wait"

    harness.live(until=london("2023-09-05 09:30"))

    assert set(harness.states().values()) == {"cancelled"}
    harness.tick()
    assert harness.booking().bookable_sessions(harness.now)[0].places_left == 12


@pytest.mark.parametrize(("each_time", "minutes"), [(1, 50), (4, 55)])
def test_a_trickle_of_more_invented_addresses_keeps_none_in_its_place(each_time: int, minutes: int) -> None:
    harness = BookingHarness(Date="2023-09-22")
    harness.add_session(RowKey="s2", Date="2023-09-25", Capacity=200)
    harness.comes_back = lambda _: True
    book_invented(harness, range(12))
    harness.live(until=london("2023-09-04 20:00"))
    further = 1000
    while harness.now < london("2023-09-05 10:00"):
        harness.pass_time(minutes=minutes)
        assert not book_invented(harness, range(further, further + each_time), "s2")
        further += each_time
        harness.tick()

    assert set(harness.states().values()) == {"cancelled"}


def test_a_day_on_which_all_email_to_the_trust_comes_back_releases_nobody() -> None:
    harness = BookingHarness(Capacity=5, Date="2023-09-22")
    harness.at(london("2023-09-06 09:00"))
    harness.comes_back = lambda _: harness.now < london("2023-09-07 09:00")
    names = ["ann", "ben", "cem", "dee", "eli"]
    for name in names:
        harness.book(name)
    harness.book("fay", join_waiting_list=True)
    harness.live(until=london("2023-09-07 09:00"))
    assert harness.states() == dict.fromkeys(names, "to-check") | {"fay": "waiting"}

    harness.live(until=london("2023-09-13 09:00"))

    assert harness.states() == dict.fromkeys(names, "confirmed") | {"fay": "waiting"}
    assert [harness.kinds(name) for name in (*names, "fay")] == [["booked"] * 2] * 5 + [["waiting list"] * 2]
    assert harness.row("ann").text("Problem") == ""


def test_who_is_passed_over_counts_towards_the_limit_of_the_waiting_list() -> None:
    harness = BookingHarness(Capacity=2)
    harness.comes_back = lambda _: True
    for wave in range(3):
        book_invented(harness, range(20 * wave, 20 * wave + 20))
        settle(harness)
        harness.pass_time(minutes=60)

    assert len(harness.rows()) == 2 + 6
    assert not harness.booking().bookable_sessions(harness.now)[0].waiting_list


def test_what_someone_wrote_whose_email_came_back_is_not_sent_to_the_organiser() -> None:
    harness = BookingHarness()
    harness.book("eve", adjustments="Canary")
    harness.report("eve@example.nhs.uk", "Bounced")
    settle(harness)

    assert not [each for each in told(harness) if "Canary" in each.text]


def test_subdomains_that_someone_makes_up_are_one_domain() -> None:
    harness = BookingHarness()
    harness.comes_back = lambda _: True
    for number in range(4):
        harness.book(letters(number), email=f"{letters(number)}@{letters(number)}.example.nhs.uk")
    found = told(harness)

    assert "4 addresses at example.nhs.uk" in found[0].text


def test_many_that_come_back_a_week_later_are_told_anew_and_a_trickle_is_not() -> None:
    harness = BookingHarness(Capacity=100, Date="2023-09-22")
    harness.comes_back = lambda _: True
    seen = set[tuple[str, ...]]()
    for day, hours in (("2023-09-01", range(9, 21, 2)), ("2023-09-08", range(9, 11))):
        for hour in hours:
            harness.at(london(f"{day} {hour:02d}:00"))
            book_invented(harness, range(len(harness.rows()), len(harness.rows()) + 4))
            seen |= {mass_bounce_alert(each).about for each in run(harness).mass_bounces}

    assert len(seen) == 2


@pytest.mark.parametrize("known_by", ["an email that arrived", "a button"])
@pytest.mark.parametrize("first", [True, False])
def test_who_is_known_by_another_session_stays(known_by: str, first: bool) -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-09-20")

    def be_known() -> None:
        harness.book("ann", "s2")
        if known_by == "a button":
            harness.self_service().set_reminders(harness.token("ann", "s2"), on=False, now=harness.now)
        else:
            operation, _ = harness.sender.sent[-1]
            harness.mailer().record_report(str(operation), "Delivered", harness.now)

    if first:
        be_known()
    harness.comes_back = lambda _: True
    harness.book("ann")
    harness.comes_back = lambda _: False
    settle(harness)
    assert harness.states() == {"ann": "confirmed" if first else "to-check"}
    if not first:
        be_known()
    harness.live(until=london("2023-09-06 09:00"))

    assert harness.states() == {"ann": "confirmed"}
    assert harness.row("ann").text("Reason") == ""
    assert harness.kinds("ann").count("booked") == (2 if first else 3), "once more, where the first came back"


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
