"""A POST at a link changes nothing without the token of its page: walked over every function that the apps register.

Email gateways open links, and some submit forms. A new act is found here by its route, and fails until it asks for one.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import azure.functions as func
import pytest

from functions.forms.tokens import TOKEN
from functions.provider import moved
from functions.provider.collect import _ACTIONS
from functions.site.not_found import routes_of
from tests.builders import MORNING
from tests.registered_functions import FUNCTIONS
from tests.unit.functions import http_requests
from tests.unit.functions.app_with_links import AppWithLinks

SOON, MINUTES, MONTHS = timedelta(seconds=2), timedelta(minutes=5), timedelta(days=61)


def posted() -> Iterator[tuple[str, str, str, str]]:
    """Function, page, route and part after the link (which `{act?}` is) of every POST at a link."""
    for name, function in FUNCTIONS.items():
        for binding in function.get_bindings():
            trigger = binding.get_dict_repr()
            if trigger["type"] != "httpTrigger" or "{token}" not in trigger["route"]:
                continue
            if "POST" in {str(method) for method in trigger["methods"]}:
                acts = [act for method, act in _ACTIONS if method == "POST"] if "{act?}" in trigger["route"] else [""]
                for act in acts:
                    yield name, trigger["route"].partition("/")[0], trigger["route"], act


POSTED = list(posted())
DELIVERY = {"manage": "link", "acknowledge": "inline", "collect": "link"}  # in which emails the link to a page stands
PLAUSIBLE = {"session_id": "s2", "reminders": "no", "full_name": "Mallory", "saved": "yes", "proof": "1-x"}
BODIES = {
    "no body": (b"", http_requests.FORM),
    "a field of no form": (b"x=y", http_requests.FORM),
    "every answer": (urlencode(PLAUSIBLE).encode(), http_requests.FORM),
    "every answer, to keep": (urlencode(PLAUSIBLE | {"act": "keep"}).encode(), http_requests.FORM),
    "every answer, for a new link": (urlencode(PLAUSIBLE | {"act": "new-link"}).encode(), http_requests.FORM),
    "a made-up token": (urlencode(PLAUSIBLE | {TOKEN: "1693555200000." + "x" * 22}).encode(), http_requests.FORM),
    "JSON": (b'{"full_name": "Mallory", "reminders": false, "session_id": "s2"}', "application/json"),
    "neither": (b"\x00", "application/octet-stream"),
}


def test_the_walk_knows_the_acts_of_both_apps_and_the_other_app_has_none() -> None:
    assert len(POSTED) >= 9
    assert {page for _, page, _, _ in POSTED} == set(DELIVERY), "a page at a link that the walk has no link for"
    assert [(route, methods) for route, methods in routes_of([moved.bp]) if "POST" in methods] == []


@pytest.mark.parametrize("at", POSTED, ids=[f"{each[2]} {each[3]}".strip() for each in POSTED])
def test_a_bare_post_at_a_link_changes_nothing(at: tuple[str, str, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    name, page, _, act = at
    app = AppWithLinks(monkeypatch, DELIVERY[page])
    values = {"token": app.link(page), "act": act}
    before = app.writes

    for later in (timedelta(0), MINUTES, MONTHS):
        app.now = MORNING + later
        for what, (body, kind) in BODIES.items():
            answer = app.call(name, "POST", values, body, kind=kind)
            assert answer.status_code in {200, 303, 404, 409, 410, 415, 422}, what
            assert (app.writes, app.queued) == (before, 0), f"{what}, {later} after the email"


def fields_of(page: func.HttpResponse, address: str) -> dict[str, str]:
    """The fields that the form to this address sends by itself."""
    html = page.get_body().decode()
    [form] = re.findall(rf'<form method="post" action="{address}".*?</form>', html, re.DOTALL)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


ACTS: dict[str, tuple[str, Callable[[str], str], dict[str, str]]] = {
    "cancel_booking": ("cancel_form", "/manage/{}/cancel".format, {}),
    "move_booking": ("move_form", "/manage/{}/move".format, {"session_id": "s2"}),
    "prove_address": ("manage_booking", "/manage/{}/prove".format, {}),
    "set_reminders": ("manage_booking", "/manage/{}/reminders".format, {"reminders": "no"}),
    "change_details": ("details_form", "/manage/{}/details".format, {"full_name": "Zoë Other", "reminders": "no"}),
}


def app_for(name: str, monkeypatch: pytest.MonkeyPatch) -> AppWithLinks:
    """An app with a booking that offers this act: of an address outside the trust, if it is to be proved."""
    return AppWithLinks(monkeypatch, "link", "else.example" if name == "prove_address" else "")


def test_every_act_on_a_booking_is_tried_with_its_token_too() -> None:
    assert {name for name, page, _, _ in POSTED if page == "manage"} == set(ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_counts_from_3_seconds_to_a_day_after_its_page_was_opened_and_the_page_comes_again_before(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_for(name, monkeypatch)
    form, address, answers = ACTS[name]
    route = {"token": app.link("manage")}
    given = fields_of(app.call(form, "GET", route), address(route["token"]))
    before = app.writes

    def send(fields: dict[str, str]) -> func.HttpResponse:
        return app.call(name, "POST", route, urlencode(answers | fields).encode())

    app.now += SOON
    early = send(given)
    assert (early.status_code, app.writes) == (422, before)
    assert "Select the button again" in early.get_body().decode()
    assert all(value in early.get_body().decode() for value in answers.values()), "what was answered is kept"
    app.now += timedelta(days=1)
    late = send(given)
    assert (late.status_code, app.writes) == (422, before)
    again = fields_of(late, address(route["token"]))
    app.now += timedelta(seconds=3)
    assert (send(again).status_code, app.writes > before) == (303, True)
    assert send(again).headers["Location"].partition("?done=already-")[2], "sent twice: it had been done"


@pytest.mark.parametrize(("offered", "other"), [("prove_address", "set_reminders"), ("set_reminders", "prove_address")])
def test_the_token_of_one_act_is_not_one_of_another(offered: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_for(offered, monkeypatch)
    route = {"token": app.link("manage")}
    acts = {name: act for name, act in ACTS.items() if name != other}  # which a booking of that kind does not offer
    pages = {name: (app.call(form, "GET", route), address) for name, (form, address, _) in acts.items()}
    given = {name: fields_of(page, address(route["token"])) for name, (page, address) in pages.items()}
    app.now += MINUTES
    before = app.writes

    for name in acts:
        for another in acts.keys() - {name}:
            answer = app.call(name, "POST", route, urlencode(ACTS[name][2] | given[another]).encode())
            assert (answer.status_code, app.writes) == (422, before)


@pytest.mark.parametrize("name", ACTS)
def test_the_token_of_one_booking_does_nothing_at_another_nor_at_one_that_was_made_anew(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_for(name, monkeypatch)
    form, address, answers = ACTS[name]
    ann = {"token": app.link("manage")}
    app.sender.sent.clear()
    assert app.book("ben", "s1") == 201
    ben = {"token": app.link("manage")}
    given = fields_of(app.call(form, "GET", ann), address(ann["token"]))
    app.now += MINUTES
    before = app.writes

    assert app.call(name, "POST", ben, urlencode(answers | given).encode()).status_code == 422
    assert app.writes == before
    cancel = fields_of(app.call("cancel_form", "GET", ann), address(ann["token"]).rpartition("/")[0] + "/cancel")
    app.now += MINUTES
    assert app.call("cancel_booking", "POST", ann, urlencode(cancel).encode()).status_code == 303
    assert app.book("ann", "s1") == 201, "under the same row, with emails and links of its own"
    before = app.writes
    assert app.call(name, "POST", ann, urlencode(answers | given).encode()).status_code == 422
    assert app.writes == before


@pytest.mark.parametrize("name", ACTS)
def test_a_program_without_a_token_is_told_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, "link")
    body = {"change_details": b'{"full_name": "Zoe", "reminders": true}'}.get(name, b'{"session_id": "s2"}')
    answer = app.call(name, "POST", {"token": app.link("manage")}, body, kind="application/json")

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert b"/problems/form-token" in answer.get_body()


def test_where_nothing_can_be_changed_the_page_of_the_booking_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, "link")
    link = app.link("manage")
    app.now = MORNING + timedelta(days=30)

    answers = [app.call(name, "POST", {"token": link}, urlencode(ACTS[name][2]).encode()) for name in ACTS]
    assert {(each.status_code, each.headers["Location"]) for each in answers} == {(303, f"/manage/{link}")}
