"""Pages of the examples of the unit tests in a browser: rendered here, and no service is asked for them."""

from playwright.sync_api import Page, Route

from functions.site.assets import assets
from functions.web import render
from shared.content.content import Content
from tests.unit.functions.page_examples import PAGES, facts_for

_SITE = "http://127.0.0.1"


def answer_assets(page: Page) -> None:
    """Lets the page have its styles and scripts."""
    page.route("**/assets/**", _asset)


def _asset(route: Route) -> None:
    found = assets()[route.request.url.partition("/assets/")[2]]
    route.fulfill(body=found.body, content_type=found.mimetype)


def open_example(page: Page, content: Content, name: str) -> None:
    """Shows the example of that name with this content."""
    template, facts = PAGES[name]
    # Without the style sheet that asks the typeface of another server.
    html = render.render(template, content, **(facts_for(facts, content) | {"is_private": True}))
    page.route(f"{_SITE}/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(f"{_SITE}/")
    page.unroute(f"{_SITE}/")
