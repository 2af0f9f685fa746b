"""The arithmetic of docs/costs.md: requests are counted on the code, the rest is recomputed from the table itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from local.stack.environment import PASSPHRASE
from shared.bookings.model.email_ids import MailId, MailKind
from tests.admin_guide import section_rows
from tests.alarms import alarms
from tests.builders import ROOT, booking_request, referral_request
from tests.unit.infra.bicep import template
from tests.unit.infra.two_apps import TwoApps

COSTS = (ROOT / "docs" / "costs.md").read_text("utf-8")
IDLE, BOOKINGS, REFERRALS, COUNTED = "An idle month", "1,000 bookings", "100 referrals", "Requests to tables"
TESTS = "A month of tests"
RUNS = 30 * 24 * 60 // 5
EMAILS = 3  # the confirmation and two reminders
CENT = 0.0051


@dataclass
class CountingApps(TwoApps):
    """Both apps, which may do everything; each request to a table is counted."""

    requests: int = 0

    def note(self, app: str, table: str, operation: str, needs: frozenset[str]) -> None:
        self.requests += 1

    def counted(self, act: Callable[[], object]) -> int:
        before = self.requests
        act()
        return self.requests - before


@pytest.fixture
def apps() -> Iterator[CountingApps]:
    with pytest.MonkeyPatch.context() as patch:
        made = CountingApps({})
        made.patched(patch)
        for number in range(1, 6):
            made.add_session(f"s{number}", f"2023-10-{number + 10:02}")
        made.tick()
        yield made


def number(text: str) -> float:
    return float(text.replace(",", ""))


def told(what: str) -> int:
    [row] = [row for row in section_rows(COSTS, COUNTED) if row["What"] == what]
    return int(row["At most"])


def quantity(section: str, what: str) -> float:
    [row] = [row for row in section_rows(COSTS, section) if row["What"] == what]
    return number(row["Quantity"])


def is_close(measured: int, most: int) -> bool:
    """No more than is told, and not so little that the figure means nothing."""
    return measured <= most <= 2 * measured


def test_requests_of_a_booking_are_no_more_than_told(apps: CountingApps) -> None:
    web, mailer = apps.web.bookings.places, apps.worker.bookings.mailer
    booked = apps.counted(lambda: web.book(booking_request(), apps.now))
    [attendee] = [key for session, key in apps.tables["Bookings"].rows if session == "s1" and key != "guard"]
    mail = str(MailId(attendee, 1, MailKind.CONFIRMATION))
    sent = apps.counted(lambda: mailer.deliver("s1", mail, apps.now))
    reported = apps.counted(lambda: apps.report("delivered"))

    assert len(apps.sender.messages) == 1
    assert is_close(booked, told("a booking"))
    assert is_close(sent + reported, told("an email of a booking, with its delivery report"))


def test_requests_of_a_referral_are_no_more_than_told(apps: CountingApps) -> None:
    worker = apps.worker.referrals
    assert worker.collector is not None

    def life() -> None:
        reference = apps.web.referrals.intake.accept(referral_request(), apps.now)
        worker.forwarder.forward(reference, apps.now)
        apps.report("delivered")
        token = worker.links.to_collect(reference, apps.now).rpartition("/")[2]
        assert worker.collector is not None
        proof = worker.collector.open(token, PASSPHRASE, apps.now).proof
        worker.collector.acknowledge(token, proof, apps.now)

    assert is_close(apps.counted(life), told("a referral, until it is confirmed"))


def test_requests_of_a_run_with_nothing_due_are_no_more_than_told(apps: CountingApps) -> None:
    apps.tick(hours=2)  # what is done once an hour is done

    assert is_close(apps.counted(apps.tick), told("a run of the timer with nothing due, five sessions open"))
    day = sum(apps.counted(apps.tick) for _ in range(288))
    assert day <= 288 * told("a run of the timer with nothing due, five sessions open")


def test_every_amount_is_quantity_times_price_and_every_total_the_sum() -> None:
    for section in (IDLE, BOOKINGS, REFERRALS, TESTS):
        *rows, total = section_rows(COSTS, section)
        amounts = [number(row["Quantity"]) * number(row["US$ each"]) / number(row["Per"]) for row in rows]

        assert [str(row) for row, amount in zip(rows, amounts, strict=True) if wrong(row["US$"], amount)] == []
        assert total["What"] == "together"
        assert abs(sum(number(row["US$"]) for row in rows) - number(total["US$"])) < CENT, section


def wrong(text: str, amount: float) -> bool:
    return abs(number(text) - amount) > CENT


def test_a_price_stands_once_in_all_tables() -> None:
    prices = {
        (row["What"], row["US$ each"], row["Per"])
        for each in (IDLE, BOOKINGS, REFERRALS, TESTS)
        for row in rows_of(each)
    }

    assert len({what for what, _, _ in prices}) == len(prices)


def rows_of(section: str) -> list[dict[str, str]]:
    return [dict(zip(row.titles, row.cells, strict=True)) for row in section_rows(COSTS, section)[:-1]]


def test_quantities_follow_from_what_is_counted() -> None:
    idle = told("a run of the timer with nothing due, five sessions open")
    of_a_booking = told("a booking") + EMAILS * told("an email of a booking, with its delivery report")

    assert quantity(IDLE, "requests to tables") == RUNS * idle
    assert quantity(IDLE, "time of functions, in GB seconds") == RUNS * 2
    assert quantity(BOOKINGS, "requests to tables") == 1000 * of_a_booking
    assert quantity(BOOKINGS, "emails, with `acs`") == 1000 * EMAILS
    assert quantity(REFERRALS, "requests to tables") == 100 * told("a referral, until it is confirmed")


def test_tests_of_the_running_service_cost_what_their_schedule_says() -> None:
    workflow = (ROOT / ".github" / "workflows" / "smoke.yml").read_text("utf-8")
    [hours] = re.findall(r'cron: "\d+ \*/(\d+) \* \* \*"', workflow)
    runs, emails = 30 * 24 // int(hours), 2
    of_a_run = (
        told("a booking")
        + emails * told("an email of a booking, with its delivery report")
        + told("a referral, until it is confirmed")
    )

    assert f"{runs} runs" in COSTS
    assert quantity(TESTS, "requests to tables") == runs * of_a_run
    assert quantity(TESTS, "emails, with `acs`") == runs * (emails + 1)
    assert quantity(TESTS, "time of functions, in GB seconds") == 2 * quantity(TESTS, "executions of functions")


def test_alarms_are_counted_by_how_often_they_look() -> None:
    each = [alarm["every"] for alarm in alarms()["log"]]

    assert quantity(IDLE, "alarms that look every 5 minutes") == each.count("PT5M")
    assert quantity(IDLE, "alarms that look every 15 minutes or less often") == len(each) - each.count("PT5M")


def test_memory_and_budget_are_those_that_are_deployed() -> None:
    app = template("modules/function-app.bicep").named("resource", "site")
    memory = app.get("properties", "functionAppConfig", "scaleAndConcurrency", "instanceMemoryMB")
    budget = template("main.bicep").named("parameter", "budgetAmount").value

    assert memory == 2048
    assert f"`budgetAmount` is {budget}" in COSTS
    [written] = re.findall(r"as known on (\d{4}-\d\d-\d\d)", COSTS)
    assert written >= "2026-11-30"
    assert timedelta(minutes=5) * RUNS == timedelta(days=30)
