"""Every page in every state, with all that is to be agreed taken as agreed, on a phone and on a desk.

`--pictures DIR` writes a picture of each at both widths.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from local.tour.browser import open_page
from tests import builders
from tests.e2e.browser.conftest import DESKTOP
from tests.e2e.browser.page_audit import TOO_WIDE, violations
from tests.e2e.browser.rendered_pages import answer_assets, open_example
from tests.unit.functions.page_examples import PAGES

WIDTHS: Sequence[ViewportSize] = ({"width": 390, "height": 844}, DESKTOP)
OFTEN_SEEN = ("start", "sessions", "referral", "own booking")


def faults(page: Page) -> list[str]:
    too_wide = page.evaluate(TOO_WIDE)
    return violations(page) + ([f"{too_wide} px too wide"] if too_wide > 0 else [])


def take_picture(page: Page, name: str, folder: Path | None) -> None:
    if folder and page.viewport_size:
        slug = "-".join(re.findall(r"\w+", name))
        page.screenshot(path=folder / f"{slug}.{page.viewport_size['width']}.png", full_page=True)


@pytest.mark.parametrize("names", [OFTEN_SEEN, pytest.param(tuple(PAGES), marks=pytest.mark.nightly)])
def test_no_state_of_a_page_breaks_a_rule_at_either_width(
    names: Sequence[str], browser: Browser, pytestconfig: pytest.Config
) -> None:
    content, folder, found = builders.agreed_content(), pytestconfig.getoption("--pictures"), {}
    with open_page(browser, viewport=WIDTHS[0]) as (page, issues):
        answer_assets(page)
        for name in names:
            open_example(page, content, name)
            for size in WIDTHS:
                page.set_viewport_size(size)
                found[name, size["width"]] = faults(page)
                take_picture(page, name, folder)
    assert {state: broken for state, broken in found.items() if broken} == {}
    assert issues.browser_errors == issues.third_party_requests == []
