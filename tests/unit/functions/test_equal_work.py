"""What anyone may ask costs the same whatever is known: counted in requests to the tables, which is what takes time."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from shared.composition.services import Services
from shared.timer.run_report import RunReport
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks

BOOKING: dict[str, Any] = {"session_id": "s2", "full_name": "Zoë Other", "works_here": True}
BOOKING |= {"group_agreement": True}
INSIDE, OUTSIDE = "{}@nhs.net", "{}@home.example"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppWithLinks:
    app = AppWithLinks(monkeypatch, "link")
    for address in (INSIDE, OUTSIDE):
        assert booked(app, address.format("known")).status_code == 201
    return app


def booked(app: AppWithLinks, email: str, **changes: Any) -> func.HttpResponse:
    return app.post_json("book", BOOKING | {"email": email} | changes)


def requests(app: AppWithLinks, ask: Callable[..., func.HttpResponse], *args: Any, **kwargs: Any) -> dict[str, int]:
    """Requests that asking costs, by table, and messages that it puts on a queue."""
    before, queued = {name: table.calls for name, table in app.tables.items()}, app.queued
    ask(*args, **kwargs)
    counted = {name: table.calls - before.get(name, 0) for name, table in app.tables.items()}
    return {name: number for name, number in (counted | {"queue": app.queued - queued}).items() if number}


def start_again(app: AppWithLinks) -> None:
    """Another process, which has seen nothing yet."""
    app.built = Services(app._settings, lambda: app.now)


@pytest.mark.parametrize("warm", [True, False], ids=["just after another booking", "by a process that knows nothing"])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=30), timedelta(hours=3)])
@pytest.mark.parametrize("address", [INSIDE, OUTSIDE], ids=["inside", "outside"])
def test_booking_for_an_address_costs_the_same_whether_it_is_booked_or_not(
    address: str, later: timedelta, warm: bool, app: AppWithLinks
) -> None:
    booked(app, address.format("known"))  # it was asked again once already: an email an hour says so
    app.now += later

    def cost(name: str, **changes: Any) -> dict[str, int]:
        if warm:
            booked(app, address.format(f"before-{name}{len(changes)}"))
        else:
            start_again(app)
        return requests(app, booked, app, address.format(name), **changes)

    stranger = cost("stranger")
    looks = {"Sessions": 1, "Bookings": 2, "MailLog": 1, "queue": 1}  # as do all whose address is still to be proved
    assert stranger == ({"Bookings": 1, "queue": 1} if warm and address == INSIDE else looks)
    assert cost("known") == cost("known", full_name="Somebody Else") == stranger
    answers = [json.loads(booked(app, address.format(name)).get_body()) for name in ("known", "another")]
    assert answers[0]["state"] == answers[1]["state"]


def test_the_request_after_it_costs_the_same_too(app: AppWithLinks) -> None:
    after = []
    for name in ("stranger", "known"):
        start_again(app)
        booked(app, INSIDE.format(name))
        after.append(requests(app, booked, app, INSIDE.format(f"after-{name}")))

    assert after == [{"Bookings": 1, "queue": 1}] * 2


def test_a_reference_that_exists_costs_what_one_does_that_does_not(app: AppWithLinks) -> None:
    """Text that cannot be a reference is answered without looking: its shape is public, and so tells nothing."""
    [(_, known)] = app.tables["Referrals"].rows

    def cost(typed: str) -> dict[str, int]:
        return requests(app, app.post_json, "referral_status", {"reference": typed})

    assert cost(known) == cost("34HKMPTV") == cost("34hk mptw") == {"Referrals": 1}
    assert cost("no reference") == {}


def test_an_outcome_page_reads_nothing_of_anyone_and_a_wrong_address_nothing_at_all(app: AppWithLinks) -> None:
    """A page is opened by its address alone; who has no address of one can neither count nor time anything."""
    addresses = {
        "booking_outcome": [booked(app, INSIDE.format(name)) for name in ("known", "stranger")],
        "referral_outcome": [app.post_json("refer", REFERRAL) for _ in range(2)],
    }
    read = {"booking_outcome": {"Sessions": 1}, "referral_outcome": {"ReferralService": 1}}

    for name, answers in addresses.items():
        tokens = [answer.headers["Location"].rpartition("/")[2] for answer in answers]
        costs = [requests(app, app.call, name, "GET", {"token": token}) for token in tokens]
        assert [cost for cost in costs if cost not in (read[name], {})] == []  # what was read a moment ago is kept
        for wrong in (f"{tokens[0]}x", tokens[0][:-1], "x"):
            assert requests(app, app.call, name, "GET", {"token": wrong}) == {}


def test_a_link_that_was_never_given_out_costs_nothing_whatever_it_would_name(app: AppWithLinks) -> None:
    for page, names in {"manage": ["manage_booking", "cancel_form"], "collect": ["collect"]}.items():
        for name in names:
            for wrong in (f"{app.link(page)}x", app.link("calendar")[:-1], "x"):
                assert requests(app, app.call, name, "GET", {"token": wrong}) == {}


def test_health_costs_one_request_and_says_the_same_however_much_there_is(app: AppWithLinks) -> None:
    app.built.heartbeat.beat(RunReport(at=app.now))
    answers = [app.call("health", "GET", {})]
    for number in range(20):
        booked(app, INSIDE.format(f"number-{number}"))
    answers.append(app.call("health", "GET", {}))

    assert [(each.status_code, json.loads(each.get_body())) for each in answers] == [(200, {"status": "healthy"})] * 2
    assert requests(app, app.call, "health", "GET", {}) == {"Service": 1}
