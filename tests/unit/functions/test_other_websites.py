"""Pages of the organisation's own website: what they may read and send, and that nothing else opens to them."""

import inspect
import json

import azure.functions as func
import pytest

import function_app
from functions.bookings import book, steps
from functions.forms.tokens import MIN_AGE
from functions.site.not_found import Routes, routes_of
from tests.builders import session_cells
from tests.every_row import every_row
from tests.registered_functions import FUNCTIONS
from tests.unit.functions import http_requests
from tests.unit.functions.bookings.test_steps import Shown
from tests.unit.functions.in_memory_app import InMemoryApp

LISTED = "https://www.trust.example"
WITH_PORT = "https://intranet.trust.example:8443"
START = {"session_id": "s1", "full_name": "Zoë Okafor", "email": "zoe@nhs.net"}
ALLOW_ORIGIN = "Access-Control-Allow-Origin"

# Everything that is nearly an origin of the list, as a browser or a program may send it.
NOT_LISTED = [
    "null",
    "NULL",
    "*",
    "https://",
    "HTTPS://WWW.TRUST.EXAMPLE",
    "https://WWW.trust.example",
    "https://www.trust.example.",
    "https://www.trust.example/",
    "https://www.trust.example:443",
    "https://www.trust.example:8443",
    "https://intranet.trust.example",
    "https://intranet.trust.example:84430",
    "http://www.trust.example",
    "www.trust.example",
    "https://trust.example",
    "https://m.www.trust.example",
    "https://evilwww.trust.example",
    "https://www.trust.example.evil.example",
    "https://evil.example/https://www.trust.example",
    "https://www.trust.example@evil.example",
    "https://www.trust.example,https://www.trust.example",
    "https://www.trust.example, https://evil.example",
    "https://www.trust.example https://evil.example",
    "https://www.trust.example\x00",
    "https://\N{FULLWIDTH LATIN SMALL LETTER W}ww.trust.example",
]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InMemoryApp:
    app = InMemoryApp(monkeypatch, BOOKING_ORIGINS=f"{LISTED}, {WITH_PORT}")
    app.tables["Sessions"].insert(session_cells())
    return app


def ask(name: str, method: str, fields: dict[str, str] | None = None, **headers: str) -> func.HttpResponse:
    """A request to this function as a browser sends it from a page of another site."""
    sent = http_requests.form(fields or {}, **({"sec_fetch_site": "cross-site"} | headers))
    req = func.HttpRequest(method, http_requests.URL, headers=dict(sent.headers), body=sent.get_body())
    handler = FUNCTIONS[name].get_user_function()
    others = set(inspect.signature(handler).parameters) - {"req"}
    answer = handler(req=req, **{each: http_requests.Outbox() for each in others})
    assert isinstance(answer, func.HttpResponse)
    return answer


def start(fields: dict[str, str], **headers: str) -> Shown:
    """The page on which a form of the organisation's website lands."""
    return Shown(ask("booking_details", "POST", fields, **({"origin": LISTED} | headers)))


def opened(answer: func.HttpResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


def posting() -> dict[str, str]:
    """The route of every function that takes a form, by its name."""
    bindings = [
        (name, each.get_dict_repr()) for name, function in FUNCTIONS.items() for each in function.get_bindings()
    ]
    triggers = [(name, each) for name, each in bindings if each["type"] == "httpTrigger"]
    return {name: each["route"] for name, each in triggers if "POST" in map(str, each["methods"])}


def written(app: InMemoryApp) -> list[tuple[str, str]]:
    """The table and ETag of every row."""
    return [(name, row.etag) for name, table in app.tables.items() for row in table.query()]


# The list of sessions.


@pytest.mark.parametrize("origin", [LISTED, WITH_PORT])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pages_of_an_origin_on_the_list_read_the_sessions(method: str, origin: str, app: InMemoryApp) -> None:
    answer = ask("list_sessions", method, origin=origin, accept="application/json")

    assert (answer.status_code, opened(answer)) == (200, {ALLOW_ORIGIN: origin})
    assert answer.headers["Vary"] == "Origin"
    assert [each["id"] for each in json.loads(answer.get_body())["sessions"]] == ["s1"]


@every_row("origin", [*NOT_LISTED, ""])
def test_no_other_origin_reads_them_and_caches_are_told_that_it_depends(origin: str, app: InMemoryApp) -> None:
    answer = ask("list_sessions", "GET", origin=origin, accept="application/json")

    assert (answer.status_code, opened(answer), answer.headers["Vary"]) == (200, {}, "Origin")
    assert opened(ask("sessions_preflight", "OPTIONS", origin=origin)) == {}


def test_the_page_of_sessions_says_that_it_depends_on_both_when_it_is_compressed(app: InMemoryApp) -> None:
    for number in range(20):
        app.tables["Sessions"].insert(session_cells(RowKey=f"more-{number}"))
    answer = ask("list_sessions", "GET", origin=LISTED, accept_encoding="gzip", accept=http_requests.BROWSER)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Origin, Accept-Encoding"


def test_a_preflight_is_answered_with_what_may_be_asked(app: InMemoryApp) -> None:
    answer = ask("sessions_preflight", "OPTIONS", origin=LISTED, access_control_request_method="GET")

    assert (answer.status_code, answer.headers["Allow"], answer.headers["Vary"]) == (
        204,
        "GET, HEAD, OPTIONS",
        "Origin",
    )
    assert opened(answer) == {
        ALLOW_ORIGIN: LISTED,
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "Content-Type, X-Requested-With",
        "Access-Control-Max-Age": "600",
    }


def test_without_the_setting_no_page_of_another_site_reads_or_sends_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    InMemoryApp(monkeypatch).tables["Sessions"].insert(session_cells())

    for origin in (LISTED, "null", ""):
        answers = [
            ask("list_sessions", "GET", origin=origin),
            ask("sessions_preflight", "OPTIONS", origin=origin),
        ]
        assert [opened(each) for each in answers] == [{}, {}]
        assert [each.headers.get("Vary") for each in answers] == [None, None]
        assert ask("booking_details", "POST", START, origin=origin).status_code == 403


# The form.


def test_a_form_of_the_website_lands_on_our_page_with_its_answers_filled_in(app: InMemoryApp) -> None:
    shown = start(START)

    assert (shown.status, shown.title, shown.actions[0]) == (200, "Your details", "/bookings/check")
    assert 'value="Zoë Okafor"' in shown.text
    assert 'value="zoe@nhs.net"' in shown.text
    assert shown.sent["session_id"] == "s1"


def test_it_does_nothing_until_the_person_has_agreed_and_checked_on_our_pages(app: InMemoryApp) -> None:
    before = written(app)
    details = start(START)
    assert (written(app), app.sender.messages) == (before, [])

    app.now += MIN_AGE
    unagreed = Shown(steps.booking_check(http_requests.form(details.sent | START)))
    assert (unagreed.status, unagreed.title) == (422, "Error: Your details")
    check = Shown(steps.booking_check(http_requests.form(details.sent | START | {"group_agreement": "yes"})))
    assert check.title == "Check your answers before you book"
    assert (written(app), app.sender.messages) == (before, [])

    assert Shown(ask("book", "POST", check.sent, origin=LISTED)).status == 403
    assert Shown(book.book(http_requests.form(check.sent), http_requests.Outbox())).status == 303
    assert app.sessions()[0]["places_left"] == 11


def test_needs_an_agreement_and_a_token_from_elsewhere_are_left_out(app: InMemoryApp) -> None:
    """Also those of a page of ours that the website fetched: its browser cannot, but a program of its can."""
    ours = start(START)
    shown = start(
        START
        | ours.sent
        | {
            "adjustments": "a need of health",
            "share_adjustments": "yes",
            "group_agreement": "yes",
            "works_here": "yes",
            "join_waiting_list": "yes",
            "reminders": "no",
            "left_blank": "a program",
        }
    )

    assert (shown.status, shown.title) == (200, "Your details")
    assert "a need of health" not in shown.text
    assert shown.chosen == {}
    assert shown.sent.keys() == {"submission_id", "form_token", "session_id"}
    assert shown.sent["submission_id"] != ours.sent["submission_id"]
    assert shown.sent["form_token"] != ours.sent["form_token"]


@every_row(
    "changes, status, title, words",
    [
        ({"email": "zoe@nowhere"}, 422, "Error: Your details", "Enter an email address in the correct format"),
        ({"email": ""}, 422, "Error: Your details", "Enter your email address"),
        ({"full_name": " "}, 422, "Error: Your details", "Enter your name"),
        ({"full_name": "x" * 101}, 422, "Error: Your details", "x" * 101),
        ({"full_name": "", "email": ""}, 200, "Your details", 'value="s1"'),
        ({"session_id": ""}, 422, "Error: Choose a session", "Select a session"),
        ({"session_id": "gone"}, 409, "Choose another session", "You can no longer book"),
        ({"full_name": '"><script>alert(1)</script>'}, 422, "Error: Your details", '"><script>alert(1)</script>'),
    ],
)
def test_a_mistake_is_shown_as_by_our_own_check(
    changes: dict[str, str], status: int, title: str, words: str, app: InMemoryApp
) -> None:
    shown = start({name: value for name, value in (START | changes).items() if value})

    assert (shown.status, shown.title, words in shown.text) == (status, title, True)
    assert "<script>alert" not in shown.html


def test_it_is_a_form_and_nothing_else(app: InMemoryApp) -> None:
    cross = {"origin": LISTED, "sec_fetch_site": "cross-site"}
    assert steps.booking_details(http_requests.json_post(START, **cross)).status_code == 415
    assert steps.booking_details(http_requests.post(b"", **cross)).status_code == 400
    assert opened(ask("booking_details", "POST", START, origin=LISTED)) == {}


def test_the_page_it_lands_on_is_in_no_frame(app: InMemoryApp) -> None:
    answer = ask("booking_details", "POST", START, origin=LISTED)

    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@every_row("origin", NOT_LISTED)
def test_a_form_of_any_other_origin_is_refused_however_near_its_name_is(origin: str, app: InMemoryApp) -> None:
    assert ask("booking_details", "POST", START, origin=origin).status_code == 403
    assert ask("booking_details", "POST", START, origin=origin, sec_fetch_site="same-site").status_code == 403


@every_row("site", ["same-site", "cross-site", "", "none", "same-origin", "same-origin,cross-site"])
def test_a_form_of_the_website_is_one_whatever_else_the_browser_says(site: str, app: InMemoryApp) -> None:
    """An older browser says nothing, and one that says "same-origin" beside another origin is none."""
    shown = start(START | {"adjustments": "a need of health"}, sec_fetch_site=site)

    assert (shown.status, "a need of health" in shown.text) == (200, False)


# All other addresses.


def test_no_other_address_takes_a_form_of_the_website(app: InMemoryApp) -> None:
    """Above all none of the referral form, in either app."""
    taken = [route for name, route in posting().items() if ask(name, "POST", START, origin=LISTED).status_code != 403]

    assert taken == ["bookings/details"]
    assert len([route for route in posting().values() if route.startswith("one-to-one")]) >= 4


@every_row("site", ["cross-site", "same-site", "same-origin,cross-site", "unheard-of"])
def test_no_address_takes_a_form_without_an_origin_from_another_site(site: str, app: InMemoryApp) -> None:
    """`null` is what a page sends that asks for no referrer, also one on another host of the same organisation."""
    for name in posting():
        for origin in ("null", ""):
            assert ask(name, "POST", START, origin=origin, sec_fetch_site=site).status_code == 403, name


def test_only_the_sessions_are_read_elsewhere(app: InMemoryApp) -> None:
    preflight = FUNCTIONS["zz_elsewhere"].get_user_function()
    for path in ("one-to-one", "one-to-one/questions", "bookings/new", "bookings/details", "bookings", "sessions.ics"):
        req = http_requests.get(path, origin=LISTED, access_control_request_method="POST")
        options = func.HttpRequest("OPTIONS", req.url, headers=dict(req.headers), route_params={"path": path}, body=b"")
        assert opened(preflight(options)) == {}
    for name in ("booking_form", "session_feed", "one_to_one_form"):
        for accept in (http_requests.BROWSER, "application/json"):
            answer = ask(name, "GET", origin=LISTED, accept=accept)
            assert (opened(answer), answer.headers["X-Frame-Options"]) == ({}, "DENY")


def test_the_preflight_names_the_methods_of_the_address(app: InMemoryApp) -> None:
    methods = Routes(lambda: routes_of(function_app.BLUEPRINTS)).methods_at("sessions")
    assert ask("sessions_preflight", "OPTIONS").headers["Allow"] == ", ".join(sorted(methods))
