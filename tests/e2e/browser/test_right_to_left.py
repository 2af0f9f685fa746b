"""Every page in a language that is written from right to left, with longer texts, on a small phone.

The pages are rendered here, from the examples of the unit tests, and the browser asks no service for them.
"""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page

from local.tour.browser import open_page
from shared.content.content import Content, load_content
from tests.content.pseudo_language import write_site
from tests.e2e.browser.conftest import PHONE
from tests.e2e.browser.page_audit import TOO_WIDE, violations
from tests.e2e.browser.rendered_pages import answer_assets, open_example
from tests.unit.functions.page_examples import PAGES

OFTEN_SEEN = ("start", "sessions", "referral", "own booking")
LAST_OF_EACH = tuple({template: name for name, (template, _) in PAGES.items()}.values())
_DIRECTION = "getComputedStyle(document.body).direction"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return load_content(write_site(tmp_path_factory.mktemp("content"), "ar"))


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser, viewport=PHONE) as (page, issues):
        answer_assets(page)
        yield page
        assert issues.browser_errors == []


@pytest.mark.parametrize("names", [LAST_OF_EACH, pytest.param(tuple(PAGES), marks=pytest.mark.nightly)])
def test_every_page_reads_from_right_to_left_and_fits_a_small_phone(
    names: Sequence[str], page: Page, content: Content
) -> None:
    wrong = {}
    for name in names:
        open_example(page, content, name)
        found = (page.evaluate(_DIRECTION), page.evaluate(TOO_WIDE) > 0, page.locator("h1").count())
        if found != ("rtl", False, 1):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize("names", [OFTEN_SEEN, pytest.param(LAST_OF_EACH, marks=pytest.mark.nightly)])
def test_no_template_breaks_a_rule_of_wcag_2_2_a_or_aa_from_right_to_left(
    names: Sequence[str], page: Page, content: Content
) -> None:
    found = {}
    for name in names:
        open_example(page, content, name)
        found[name] = violations(page)
    assert {name: broken for name, broken in found.items() if broken} == {}
