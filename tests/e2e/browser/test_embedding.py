"""The HTML of docs/embedding.md on pages of other websites, in a real browser and as programs imitate one."""

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.bookings import BOOK, ON
from local.tour.browser import open_page
from tests.builders import ROOT, session_cells
from tests.e2e.browser.conftest import Stacks, Visit
from tests.e2e.browser.website import Website, running_front, running_website
from tests.e2e.conftest import roster, rows
from tests.e2e.http_client import ask

DOCUMENT = (ROOT / "docs" / "embedding.md").read_text("utf-8")
SITE, SESSION = "https://support.example.nhs.uk", "2023-09-08-1500"
LINK, FORM, LIST, ONE_TO_ONE = "A link", "A form", "A list of sessions", "The one-to-one form: a link, and nothing else"
BLOCKS = {
    heading: text
    for part in DOCUMENT.split("\n## ")[1:]
    for heading in [part.partition("\n")[0]]
    for text in re.findall(r"^```html\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
}
START = {"session_id": SESSION, "full_name": "Ann Example", "email": "ann@elsewhere.nhs.net"}
REFUSED = "This form was sent from another website"


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The website that BOOKING_ORIGINS names."""
    with running_website(tmp_path_factory.mktemp("listed")) as running:
        yield running


@pytest.fixture(scope="module")
def other_website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The website of the same host that it does not name: another port is another origin."""
    with running_website(tmp_path_factory.mktemp("other")) as running:
        yield running


@pytest.fixture(scope="module")
def needs(website: Website) -> tuple[tuple[str, str], ...]:
    return (("BOOKING_ORIGINS", f"https://www.example.nhs.uk,{website.origin}"),)


@pytest.fixture(scope="module")
def embedded(running: Stacks, needs: tuple[tuple[str, str], ...]) -> Stack:
    stack = running(needs)
    rows(stack, "Sessions").create_entity(session_cells(RowKey=SESSION))
    return stack


@pytest.fixture(scope="module")
def site(embedded: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service over https."""
    with running_front(tmp_path_factory.mktemp("front"), embedded.site) as origin:
        yield origin


@pytest.fixture
def visitor(visit: Visit, needs: tuple[tuple[str, str], ...], embedded: Stack) -> Iterator[Visitor]:
    with visit(needs=needs, ignore_https_errors=True) as someone:
        yield someone


@contextmanager
def unforgiven(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page in a window of its own, with the errors of the browser, which do not fail the test."""
    with open_page(browser, ignore_https_errors=True) as (page, issues):
        yield page, issues.browser_errors


def put(website: Website, html: str, site: str, **headers: str) -> str:
    """Makes this the page of the website, with the service's address in it, and returns the address of the page."""
    website.html, website.headers = html.replace(SITE, site), headers
    return f"{website.origin}/"


def test_the_document_has_one_block_for_each_of_its_ways() -> None:
    assert list(BLOCKS) == [LINK, FORM, LIST, ONE_TO_ONE]
    assert len(re.findall(r"^```html$", DOCUMENT, re.MULTILINE)) == len(BLOCKS)
    script = BLOCKS[LIST].partition('<script type="module">\n')[2].partition("</script>")[0]
    assert len(script.splitlines()) == 10, "the document says so"


def test_the_link_leads_to_the_details_of_the_session(visitor: Visitor, website: Website, site: str) -> None:
    for link, heading in (
        ("Book a place on Friday", "Your details"),
        ("See all sessions", "Group reflective practice sessions"),
    ):
        visitor.open(put(website, BLOCKS[LINK], site))
        visitor.follow(link)
        assert visitor.heading() == heading
        assert "Friday 8 September 2023, 3pm to 4:15pm" in visitor.page.inner_text("main")


def test_the_form_leads_through_our_pages_to_a_booking(
    visitor: Visitor, website: Website, site: str, embedded: Stack
) -> None:
    visitor.open(put(website, BLOCKS[FORM], site))
    visitor.write(full_name="Ann Example", email_address="ann@nowhere")
    visitor.press(ON)
    assert visitor.page.title().startswith("Error: Your details")
    visitor.follow("Enter an email address in the correct format")
    assert visitor.page.evaluate("document.activeElement.id") == "email"

    visitor.go_back()
    assert visitor.page.url == f"{website.origin}/"
    visitor.write(email_address="ann@form.nhs.net")
    visitor.press(ON)
    assert (visitor.heading(), visitor.page.url) == ("Your details", f"{site}/bookings/details")
    assert visitor.page.get_by_label("Full name").input_value() == "Ann Example"
    assert visitor.page.get_by_label("Email address").input_value() == "ann@form.nhs.net"
    assert roster(embedded, SESSION) == [], "nothing is stored before it was checked"

    visitor.page.get_by_label("I will join from a private space").check()
    visitor.press(ON)
    visitor.press(BOOK)
    assert visitor.heading() == "You have booked a place"
    assert [row["Email"] for row in roster(embedded, SESSION)] == ["ann@form.nhs.net"]


def test_the_script_lists_the_sessions_and_each_leads_to_its_form(
    visitor: Visitor, website: Website, site: str
) -> None:
    visitor.open(put(website, BLOCKS[LIST], site))
    visitor.page.get_by_role("listitem").nth(1).wait_for()

    [listed, link] = visitor.page.get_by_role("listitem").all_inner_texts()
    assert re.fullmatch(r"Friday 8 September 2023, 3pm to 4:15pm \(places left: 1[12]\)", listed)
    assert link == "See all sessions"
    asked = "address => fetch(address, {headers: {'X-Requested-With': 'fetch'}}).then(answer => answer.status)"
    assert visitor.page.evaluate(asked, f"{site}/sessions") == 200, "the browser asks first whether it may"
    visitor.follow("Friday 8 September")
    assert (visitor.heading(), visitor.page.url) == ("Your details", f"{site}/bookings/new?session={SESSION}")


def test_the_link_to_the_one_to_one_form_opens_it(visitor: Visitor, website: Website, site: str) -> None:
    visitor.open(put(website, BLOCKS[ONE_TO_ONE], site))
    visitor.follow("Refer yourself for one-to-one therapy")

    assert visitor.page.url == f"{site}/one-to-one"
    assert visitor.page.evaluate("document.referrer") == ""


def test_a_website_that_is_not_listed_reads_nothing_and_its_form_is_refused(
    browser: Browser, other_website: Website, site: str
) -> None:
    with unforgiven(browser) as (page, errors):
        page.goto(put(other_website, BLOCKS[LIST] + BLOCKS[FORM], site), wait_until="networkidle")
        assert page.get_by_role("listitem").all_inner_texts() == ["See all sessions"]
        assert any("blocked by CORS policy" in error for error in errors)
        page.get_by_role("button", name=ON).click()
        assert page.get_by_role("heading", level=1).inner_text() == REFUSED


def test_a_page_that_hides_where_it_is_has_its_form_refused(browser: Browser, website: Website, site: str) -> None:
    """Its origin is `null` then, as is that of any page that asks for the same."""
    with unforgiven(browser) as (page, _):
        page.goto(put(website, BLOCKS[FORM], site, **{"Referrer-Policy": "no-referrer"}))
        page.get_by_role("button", name=ON).click()
        assert page.get_by_role("heading", level=1).inner_text() == REFUSED


def test_no_website_frames_sends_or_reads_the_one_to_one_form(browser: Browser, website: Website, site: str) -> None:
    """The one that is listed, which may send the form of a booking."""
    address = f"{site}/one-to-one"
    frame = f'<iframe src="{address}"></iframe>'
    forms = "".join(f'<form method="post" action="{address}{step}"><button>{step}!</button></form>' for step in STEPS)
    with unforgiven(browser) as (page, _):
        page.goto(put(website, frame + forms, site), wait_until="networkidle")
        [framed] = page.frames[1:]
        assert framed.get_by_role("heading", level=1).count() == 0
        read = "address => fetch(address).then(() => 'read', () => 'refused')"
        assert [page.evaluate(read, f"{address}{step}") for step in STEPS] == ["refused"] * len(STEPS)
        for step in STEPS:
            page.goto(f"{website.origin}/")
            page.get_by_role("button", name=f"{step}!", exact=True).click()
            assert page.get_by_role("heading", level=1).inner_text() == REFUSED


STEPS = ("", "/questions", "/status", "/sent", "/withdraw")


# As programs imitate a browser: whatever stands in the headers, and however often.


def answer_to(stack: Stack, method: str, path: str, fields: dict[str, str], *headers: tuple[str, str]) -> Any:
    """The answer to a request with exactly these headers, the same one as often as it is named."""
    connection = http.client.HTTPConnection(urlsplit(stack.site).netloc, timeout=120)
    body = urlencode(fields).encode()
    connection.putrequest(method, path)
    for name, value in (*headers, ("content-type", "application/x-www-form-urlencoded"), ("content-length", len(body))):
        connection.putheader(name, str(value))
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_origins_that_are_nearly_listed_or_named_twice_open_nothing(website: Website, embedded: Stack) -> None:
    listed = website.origin
    assert_opened = partial(answer_to, embedded)
    near = [listed + "/", listed + ".", listed.upper(), listed.replace("https", "http"), f"{listed}.evil.example"]
    near += [listed.replace("127", "x.127"), listed.rpartition(":")[0], f"{listed}0", "null", "*", ""]
    marks = [[("origin", each)] for each in near]
    marks += [[("origin", listed), ("origin", listed)], [("origin", listed), ("Origin", "https://evil.example")]]
    marks += [[("origin", "https://evil.example"), ("origin", listed)], []]
    for each in marks:
        cross = [*each, ("sec-fetch-site", "cross-site")]
        assert assert_opened("POST", "/bookings/details", START, *cross).status == 403, each
        for method in ("GET", "OPTIONS"):
            assert assert_opened(method, "/sessions", {}, *each).headers["access-control-allow-origin"] is None, each


def test_only_the_list_of_sessions_and_its_preflight_are_opened(website: Website, embedded: Stack) -> None:
    marks = {"origin": website.origin, "access-control-request-method": "GET"}
    public = ["/", "/sessions.ics", "/bookings/new", "/bookings/details", "/bookings", "/openapi.json", "/health"]
    public += ["/assets/x.css", "/nowhere", *(f"/one-to-one{step}" for step in STEPS)]
    for path in public:
        for method in ("GET", "OPTIONS"):
            answer = ask(method, f"{embedded.site}{path}", **marks)
            assert (path, [name for name in answer.headers if name.startswith("access-control-")]) == (path, [])
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        answer = ask(method, f"{embedded.site}/sessions", **marks)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, website.origin)
        assert answer.headers["vary"] == "Origin"
