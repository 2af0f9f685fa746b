"""Links to whose end email programmes and people left something stuck: they open the same page."""

import re
import string
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.web.links import token_in
from functions.web.opaque_tokens import OpaqueToken
from shared.signing import Signer
from tests.builders import MORNING
from tests.registered_functions import FUNCTIONS
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks

SIGNER = Signer((b"k" * 32,))
SIGNS = frozenset(string.ascii_letters + string.digits + "-_")
SEEN = [
    ".",
    ")",
    ">",
    "%20",
    "=",
    "&amp;x",
    ").",
    "'",
    "”",
    "»",
    "）",
    "。",
    ">x",
    "=3D",
    " ",
    "\u200b",
    "%3E%0A",
    "%2F",
]
ELSEWHERE = ["//", "/.", "/)", "/_", "/%29", "/.)", "//.", "/-"]
PERSON = {"session_id": "s2", "full_name": "Ben", "email": "ben@home.example"}
PERSON |= {"works_here": "yes", "group_agreement": "yes"}

parts = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), min_size=1, max_size=4)
tokens = st.one_of(
    parts.map(lambda each: SIGNER.token("manage", *each)),
    parts.map(lambda each: OpaqueToken("/x").issue(SIGNER, MORNING, *each)),
)
other_signs = st.characters().filter(lambda sign: sign not in SIGNS)
tails = st.builds(str.__add__, other_signs, st.text(max_size=20))


@pytest.mark.parametrize("examples", [50, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_any_token_is_read_with_any_tail_that_begins_with_a_sign_of_no_token(examples: int) -> None:
    @settings(max_examples=examples)
    @given(tokens, tails)
    def read(token: str, tail: str) -> None:
        assert set(token) <= SIGNS
        assert token_in(token + tail) == token
        assert token_in(token + quote(tail, safe="", errors="replace")) == token, "encoded once more"

    read()


@pytest.mark.parametrize("examples", [50, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_a_tail_of_signs_of_a_token_makes_it_another_one(examples: int) -> None:
    @settings(max_examples=examples)
    @given(parts, st.text(st.sampled_from(sorted(SIGNS)), min_size=1, max_size=5))
    def read(given_parts: list[str], tail: str) -> None:
        token, opaque = SIGNER.token("manage", *given_parts), OpaqueToken("/x").issue(SIGNER, MORNING, *given_parts)
        assert token_in(token + tail) == token + tail
        assert SIGNER.parse_token("manage", token + tail) is None
        assert OpaqueToken("/x").read(SIGNER, opaque + tail) is None

    read()


def read_at() -> dict[str, str]:
    """The route of every function that shows something at a link."""
    found: dict[str, str] = {}
    for name, function in FUNCTIONS.items():
        for binding in function.get_bindings():
            trigger = binding.get_dict_repr()
            if trigger["type"] == "httpTrigger" and "{token}" in trigger["route"]:
                found |= {name: trigger["route"]} if "GET" in {str(each) for each in trigger["methods"]} else {}
    return found


def token_for(app: AppWithLinks, route: str) -> str:
    page = route.partition("/")[0]
    if route.startswith("bookings/several/"):
        return token_for_several(app)
    if page in {"bookings", "one-to-one"}:
        answer = app.post_json(*{"bookings": ("book", PERSON), "one-to-one": ("refer", REFERRAL)}[page])
        return str(answer.headers["Location"].rpartition("/")[2])
    return app.link(page)


def token_for_several(app: AppWithLinks) -> str:
    html = app.call("several_form", "GET", {}).get_body().decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    app.now += timedelta(seconds=5)
    answers = {"full_name": "Ann", "email": "ann.other@nhs.net", "group_agreement": "yes"}
    fields = [*hidden, ("session_id", "s1"), ("session_id", "s2"), *answers.items()]
    return str(app.call("book_several", "POST", {}, urlencode(fields).encode()).headers["Location"].rpartition("/")[2])


@pytest.mark.parametrize(("name", "route"), read_at().items())
def test_every_page_at_a_link_is_the_same_whatever_is_stuck_to_the_link(
    name: str, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppWithLinks(monkeypatch, "inline" if route.startswith("acknowledge") else "link")
    token = token_for(app, route)
    page = app.call(name, "GET", {"token": token})
    assert page.status_code == 200

    for tail in SEEN:
        stuck = app.call(name, "GET", {"token": token + tail})
        assert (stuck.status_code, same(stuck.get_body())) == (200, same(page.get_body())), tail
    for tail in ("x", "0"):
        assert app.call(name, "GET", {"token": token + tail}).status_code == 404
    path = "/" + route.replace("{token}", token).removesuffix("/{act?}")
    if not path.endswith(token):
        return  # no email has a link to it
    for tail in ("-", "_", "__", "-_-", "_____________"):
        assert followed(app, name, route, token + tail) == same(page.get_body()), tail
    assert [tail for tail in ELSEWHERE if elsewhere(f"{path}{tail}") != path] == []


def elsewhere(path: str) -> str:
    """The address to which one leads that the catch-all answers."""
    req = func.HttpRequest("GET", f"https://support.test{path}", params={}, route_params={"path": path[1:]}, body=b"")
    handler: Any = FUNCTIONS["zz_elsewhere"].get_user_function()
    answer = handler(req=req)
    return str(answer.headers.get("Location", answer.status_code))


def followed(app: AppWithLinks, name: str, route: str, token: str) -> str:
    """The page that a browser shows in the end, which follows no more than 20 redirects."""
    for _ in range(20):
        answer = app.call(name, "GET", {"token": token})
        if answer.status_code != 303:
            return same(answer.get_body())
        token = answer.headers["Location"].split("/")[1 + route.split("/").index("{token}")]
    return "no end"


def test_a_page_that_is_not_there_leads_to_no_other_site_and_not_to_itself() -> None:
    paths = [
        "//evil.example/x.",
        "/\\evil.example/x_",
        "/a/%2e%2e//",
        "/x/\r\nSet-Cookie:a=b.",
        "/nowhere.",
        "/a/b",
        "/-_",
        "/_",
    ]
    to = {path: elsewhere(path) for path in paths}

    assert {each for each in to.values() if each != "404" and not re.fullmatch(r"/[a-z%][^\s\\]*[a-z]", each)} == set()
    assert [to[path] for path in ("/nowhere.", "/a/b", "/-_", "/_")] == ["404"] * 4
    assert elsewhere("/manage/" + "a" * 2_000 + "_") == "404"


def test_what_is_not_found_after_a_post_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, "link")

    assert app.call("cancel_booking", "POST", {"token": f"{app.link('manage')}_"}).status_code == 404


def same(body: bytes) -> str:
    return re.sub(r"DTSTAMP:\w+", "", body.decode())


@pytest.mark.parametrize("tail", SEEN)
def test_an_act_at_a_link_to_which_something_is_stuck_is_done_and_leads_to_the_clean_link(
    tail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppWithLinks(monkeypatch, "link")
    token = app.link("manage")
    page = app.call("cancel_form", "GET", {"token": token + tail}).get_body().decode()
    form = re.findall(r'name="form_token" value="([^"]+)"', page)
    app.now += timedelta(minutes=1)
    answer = app.call("cancel_booking", "POST", {"token": token + tail}, f"form_token={form[0]}".encode())

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/manage/{token}?done=cancelled")


@pytest.mark.parametrize("tail", [".", ")", ">", "%20", "”", "&amp;x"])
def test_a_link_to_book_a_session_opens_it_too(tail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, "link")

    known, other = (app.call("booking_form", "GET", {}, query={"session": f"{each}{tail}"}) for each in ("s2", "s3"))
    assert ">Your details</h1>" in known.get_body().decode()
    assert ">Your details</h1>" not in other.get_body().decode()
