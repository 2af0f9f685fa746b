"""Emails as a person reads them: in a window as narrow as a phone, and read out."""

import pytest
from playwright.sync_api import Browser

from local.tour.browser import open_page
from local.tour.letters import FACTS, sample_mails
from shared.mail.message import EmailMessage
from tests import builders
from tests.builders import ROOT
from tests.e2e.browser.conftest import PHONE
from tests.e2e.browser.page_audit import violations

WIDTHS = (PHONE["width"], 320, 600)
MAILS = dict(sample_mails(builders.content()))


def test_every_email_is_among_them() -> None:
    templates = {path.stem for path in (ROOT / "shared" / "mail" / "templates").glob("[!_]*.jinja")}
    assert set(FACTS) == templates


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)
def test_an_email_breaks_no_rule_of_wcag_and_loads_nothing(mail: EmailMessage, browser: Browser) -> None:
    with open_page(browser, viewport=PHONE) as (page, issues):
        page.set_content(mail.html)
        assert violations(page) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": PHONE["height"]})
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert page.title() == mail.subject
    assert issues.third_party_requests == issues.browser_errors == []
