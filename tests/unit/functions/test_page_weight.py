"""The bytes of a first visit, and the files that it loads: a ward's wifi is slow."""

import gzip
import re
from dataclasses import replace

import azure.functions as func
import pytest

from functions.site import assets
from functions.web.error_handling import ErrorHandling
from functions.web.render import render
from functions.web.responses import page
from shared.content.content import Content
from tests.every_row import every_row
from tests.unit.functions import http_requests
from tests.unit.functions.bookings.page_examples import SESSIONS
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES, Pages, show

BUDGET = 60_000  # bytes over the wire, beside the font
LATER = 5_000  # bytes over the wire: what the first page brought is kept by the browser


def weight(answer: func.HttpResponse) -> int:
    """Of the body and of the headers, as they are written in HTTP/1.1."""
    head = sum(len(f"{name}: {value}\r\n".encode()) for name, value in answer.headers.items())
    return len(answer.get_body()) + head + len("HTTP/1.1 200 OK\r\n\r\n")


def compressed_page(handle_errors: ErrorHandling, html: str) -> func.HttpResponse:
    """A page as a browser gets it."""
    return handle_errors(lambda req: page(html))(http_requests.get(accept_encoding="gzip, deflate, br"))


def loaded_urls(shown: Page) -> list[str]:
    """Everything that a page has a browser load, the icons of every kind of device included."""
    imported = re.findall(r'from "([^"]+)"', shown.html)
    return [*shown.all("href", "link"), *shown.all("src", "script", "img"), *imported]


def asset(url: str) -> func.HttpResponse:
    answer = assets.get_asset(http_requests.get(url.removeprefix("/assets/"), accept_encoding="gzip, deflate, br"))
    assert isinstance(answer, func.HttpResponse)
    assert answer.status_code == 200
    return answer


@every_row("name", PAGES)
def test_a_first_visit_weighs_no_more_than_60_kb(name: str, pages: Pages, handle_errors: ErrorHandling) -> None:
    shown = pages[name]
    weights = {url: weight(asset(url)) for url in loaded_urls(shown)}
    assert len(weights) > 5
    assert sum(weights.values()) + weight(compressed_page(handle_errors, shown.html)) < BUDGET


@every_row("name", PAGES)
def test_a_later_page_weighs_no_more_than_5_kb(name: str, pages: Pages, handle_errors: ErrorHandling) -> None:
    assert weight(compressed_page(handle_errors, pages[name].html)) < LATER


def test_a_list_of_forty_sessions_weighs_no_more_than_5_kb(content: Content, handle_errors: ErrorHandling) -> None:
    html = render("bookings/sessions.html", content, sessions=[replace(SESSIONS[0], id=f"s{n}") for n in range(40)])
    assert html.count("/bookings/new?session=") >= 40
    assert weight(compressed_page(handle_errors, html)) < LATER


@every_row("name", PAGES)
def test_a_page_has_one_style_sheet_and_one_script_and_a_referral_s_one_of_its_own(name: str, pages: Pages) -> None:
    names = [url.rpartition("/")[2] for url in loaded_urls(pages[name])]
    scripts = [each for each in names if each.endswith(".js")]
    own = ["referral.js"] if PAGES[name][0].startswith("referrals/") else []
    is_private = PAGES[name][0].startswith(("referrals/", "provider/"))
    styles = "private.min.css" if is_private else "nhsuk-frontend.min.css"
    assert [each for each in names if each.endswith(".css")] == [styles]
    assert scripts == [*own, "nhsuk-frontend.min.js"]


def test_measurement_notices_a_page_that_is_not_compressed(content: Content, handle_errors: ErrorHandling) -> None:
    html = show("start", content).html + "<p>" + "padding " * 4000
    plain = handle_errors(lambda req: page(html))(http_requests.get())
    assert weight(plain) > BUDGET / 2 > weight(compressed_page(handle_errors, html))


@pytest.mark.parametrize("accepted", ["gzip", "gzip, br", "*"])
def test_a_page_is_the_same_when_it_is_unpacked(accepted: str, content: Content, handle_errors: ErrorHandling) -> None:
    html = show("start", content).html
    answer = handle_errors(lambda req: page(html))(http_requests.get(accept_encoding=accepted))
    assert gzip.decompress(answer.get_body()).decode() == html
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/html", "no-store")


@pytest.mark.parametrize("accepted", ["", "br", "identity", "gzip;q=0"])
def test_who_cannot_unpack_gets_it_plain(accepted: str, content: Content, handle_errors: ErrorHandling) -> None:
    html = show("start", content).html
    answer = handle_errors(lambda req: page(html))(http_requests.get(accept_encoding=accepted))
    assert (answer.get_body().decode(), "Content-Encoding" in answer.headers) == (html, False)


def test_error_pages_are_compressed_too(handle_errors: ErrorHandling) -> None:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise KeyError

    answer = handle_errors(handler)(http_requests.get(accept_encoding="gzip"))
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (500, "gzip")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert b"there is a problem with the service" in gzip.decompress(answer.get_body())
