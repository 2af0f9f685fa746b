"""The page in a language that is written from right to left, with long texts, on a small phone and a desk."""

import pytest
from playwright.sync_api import Browser, ViewportSize

from local.tour.browser import open_page
from tests.content.pseudo_language import marked, write_language
from tests.e2e.browser.conftest import DESKTOP, PHONE, Stacks
from tests.e2e.browser.page_audit import TOO_WIDE, violations


@pytest.fixture(scope="module")
def site(running: Stacks, tmp_path_factory: pytest.TempPathFactory) -> str:
    english = write_language(tmp_path_factory.mktemp("content"), "ar")
    return running((("CONTENT_FILE", str(english)),)).site


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_it_is_laid_out_without_a_fault_and_found_by_its_own_name(
    browser: Browser, site: str, size: ViewportSize
) -> None:
    with open_page(browser, viewport=size) as (page, issues):
        for start in ("/", "/one-to-one"):
            page.goto(site + start)
            page.get_by_role("link", name=marked("ar")).click()
            page.wait_for_url("**/languages/ar")

        assert violations(page) == []
        assert page.evaluate(TOO_WIDE) <= 0
        heading = page.locator("h1").evaluate("each => getComputedStyle(each).direction")
        assert (heading, page.locator("main").get_attribute("lang")) == ("rtl", "ar")
        assert issues.browser_errors == []
