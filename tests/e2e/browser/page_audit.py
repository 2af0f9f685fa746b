"""Facts that a browser tells of a page: looked at once on a small phone, then with large text."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from local.stack.stack import Stack
from local.tour import Visitor, Walk
from local.tour.browser import open_page

PHONE: ViewportSize = {"width": 320, "height": 640}
LARGE_TEXT: ViewportSize = {"width": 640, "height": 900}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
TOO_WIDE = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
_ROOT_SIZE = "size => { document.documentElement.style.fontSize = size }"
_HEADINGS = "[...document.querySelectorAll('h1')].map(each => each.innerText.trim())"


@dataclass(frozen=True, slots=True)
class PageReport:
    """`too_wide` is how many CSS pixels lie beside a phone's window, `too_wide_enlarged` the same with text of 200%."""

    name: str
    path: str
    title: str
    headings: list[str]
    has_error_summary: bool
    focused: str
    violations: list[str]
    too_wide: int
    too_wide_enlarged: int
    third_party_requests: list[str]
    browser_errors: list[str]


def audit_walk(browser: Browser, stack: Stack, walk: Walk) -> list[PageReport]:
    """Goes the walk and returns what each of its pages was like."""
    with open_page(browser, viewport=PHONE) as (page, issues):
        found = []
        for name in walk.pages(Visitor(page, stack, stack.site)):
            found.append(_look(page, name, list(issues.third_party_requests), list(issues.browser_errors)))
            issues.third_party_requests.clear()
            issues.browser_errors.clear()
        return found


def violations(page: Page) -> list[str]:
    """Every rule of WCAG 2.0 to 2.2, A and AA, that axe finds broken, with the first element that breaks it."""
    found: list[dict[str, Any]] = Axe().run(page, options=_RULES).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def _look(page: Page, name: str, third_party_requests: list[str], browser_errors: list[str]) -> PageReport:
    facts = {
        "title": page.title(),
        "headings": page.evaluate(_HEADINGS),
        "has_error_summary": page.locator(".nhsuk-error-summary").count() > 0,
        "focused": page.evaluate("document.activeElement.className"),
        "violations": violations(page),
        "too_wide": page.evaluate(TOO_WIDE),
    }
    return PageReport(
        name=name,
        path=urlsplit(page.url).path,
        **facts,
        too_wide_enlarged=_enlarged(page),
        third_party_requests=third_party_requests,
        browser_errors=browser_errors,
    )


def _enlarged(page: Page) -> int:
    page.set_viewport_size(LARGE_TEXT)
    page.evaluate(_ROOT_SIZE, "200%")
    too_wide: int = page.evaluate(TOO_WIDE)
    page.evaluate(_ROOT_SIZE, "")
    page.set_viewport_size(PHONE)
    return too_wide
