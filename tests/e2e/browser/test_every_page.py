"""Rules for every page in every state, gone round as people come to them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from local.host.http.templates import parse_template
from local.stack.stack import Stack
from local.tour import ALL_WALKS, Visitor, Walk
from local.tour.browser import open_page
from tests.e2e.browser.conftest import PHONE, Stacks
from tests.e2e.browser.page_audit import PageReport, audit_walk
from tests.e2e.http_client import get
from tests.registered_functions import FUNCTIONS

type PageReports = Callable[[Walk], list[PageReport]]
NO_PAGES = {"assets", "calendar", "health", "health_details", "openapi_document", "resource_file", "security_txt"}
NO_PAGES |= {"session_feed"}
ELSEWHERE = "zz_elsewhere"  # any other address: the page that is not found

each_walk = pytest.mark.parametrize("walk", ALL_WALKS, ids=[walk.name for walk in ALL_WALKS])


@each_walk
def test_no_page_breaks_a_rule_of_wcag_2_2_a_or_aa(walk: Walk, page_reports: PageReports) -> None:
    assert {page.name: page.violations for page in page_reports(walk) if page.violations} == {}


@each_walk
def test_no_page_scrolls_sideways_on_a_small_phone_or_with_large_text(walk: Walk, page_reports: PageReports) -> None:
    assert {page.name for page in page_reports(walk) if page.too_wide or page.too_wide_enlarged} == set()


@each_walk
def test_no_page_asks_a_third_party_or_complains_to_the_console(walk: Walk, page_reports: PageReports) -> None:
    assert {
        page.name: page.third_party_requests + page.browser_errors
        for page in page_reports(walk)
        if page.third_party_requests or page.browser_errors
    } == {}


@each_walk
def test_every_page_has_one_heading_and_says_in_its_title_first_that_something_is_wrong(
    walk: Walk, page_reports: PageReports
) -> None:
    for page in page_reports(walk):
        assert len(page.headings) == 1, page.name
        assert page.title.startswith("Error: ") is page.has_error_summary, page.name
        assert ("errors" in page.name) <= page.has_error_summary, page.name


@each_walk
def test_what_is_wrong_is_read_out_first(walk: Walk, page_reports: PageReports) -> None:
    with_errors = [page for page in page_reports(walk) if page.has_error_summary]
    assert [page.name for page in with_errors if "nhsuk-error-summary" not in page.focused] == []


def test_only_pages_about_bookings_ask_for_the_typeface(browser: Browser, stack: Stack) -> None:
    asked = {}
    for path in ("/sessions", "/one-to-one", "/one-to-one/status", "/one-to-one/nowhere", "/collect/nowhere"):
        with open_page(browser) as (page, issues):
            page.goto(f"{stack.site}{path}", wait_until="networkidle")
            asked[path] = bool(issues.font_requests)
            assert issues.third_party_requests == issues.browser_errors == []

    assert [path for path, is_asked in asked.items() if is_asked] == ["/sessions"]


def test_no_two_pages_of_the_tour_have_one_name(page_reports: PageReports) -> None:
    names = [page.name for walk in ALL_WALKS for page in page_reports(walk)]
    assert sorted(names) == sorted(set(names))


def test_every_page_of_the_app_is_on_the_tour(page_reports: PageReports) -> None:
    paths = [page.path.removeprefix("/") for walk in ALL_WALKS for page in page_reports(walk)]
    missed = {name for name, route in get_routes() if not any(_takes(route, path) for path in paths)}
    assert missed == NO_PAGES


def test_what_the_tour_leaves_out_are_no_pages(stack: Stack) -> None:
    for path in ("/health", "/openapi.json", "/.well-known/security.txt", "/sessions.ics"):
        assert not get(f"{stack.site}{path}").headers["content-type"].startswith("text/html")


def get_routes() -> Iterator[tuple[str, str]]:
    """Name and route of each function that answers a GET."""
    for name, function in FUNCTIONS.items():
        for binding in function.get_bindings():
            said = binding.get_dict_repr()
            if said["type"] == "httpTrigger" and "GET" in [str(method) for method in said["methods"]]:
                yield name, said["route"]


def _takes(route: str, path: str) -> bool:
    return parse_template(route).match([part for part in path.split("/") if part]) is not None


# That these tests would notice.

BROKEN = """<!DOCTYPE html><html lang="en"><title>Broken</title><body><main><h1>Broken</h1>
<img src="https://tracker.example/pixel.gif"><p style="width: 900px; color: #ccc">Pale and wide</p>
<script>console.error("something is wrong")</script></main>"""


def test_a_page_that_is_broken_is_noticed(browser: Browser, running: Stacks) -> None:
    def broken(visitor: Visitor) -> Iterator[str]:
        visitor.page.set_content(BROKEN)
        yield "broken, errors"

    [page] = audit_walk(browser, running(()), Walk("broken", broken))

    assert {each.partition(":")[0] for each in page.violations} >= {"color-contrast", "image-alt"}
    assert page.too_wide > 0
    assert page.third_party_requests == ["https://tracker.example/pixel.gif"]
    assert any("something is wrong" in each for each in page.browser_errors)


def test_a_script_that_the_policy_forbids_is_noticed(browser: Browser, stack: Stack) -> None:
    with open_page(browser, viewport=PHONE) as (page, issues):
        page.goto(f"{stack.site}/help-now")
        with page.expect_console_message():
            page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    assert any("Content Security Policy" in each for each in issues.browser_errors)
