"""The pages of a referral."""

import re

import pytest

from functions.referrals import pages as referral_pages
from functions.referrals.wizard import Step
from functions.web import render
from shared.content.content import Content
from tests.every_row import every_row
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES, show
from tests.unit.functions.referrals.page_examples import IDENTITY, REFERRAL, wizard


@every_row(
    "name",
    ["referral", *(name for name in PAGES if name.startswith("referral, ") and not re.search("consent|busy", name))],
)
def test_the_pages_of_a_referral_are_posted_to_one_address_that_says_nothing(name: str, content: Content) -> None:
    shown = show(name, content)
    assert (shown.all("action", "form"), shown.all("method", "form")) == (["/one-to-one/questions"], ["post"])


@pytest.mark.parametrize(
    ("ticked", "written", "languages"),
    [("Arabic", "", ["Arabic"]), ("another", "Ga", ["another"]), ("", "Ga", [])],
)
def test_a_language_of_the_list_and_one_that_is_not_are_there_again(
    ticked: str, written: str, languages: list[str], content: Content
) -> None:
    on = wizard(content.one_to_one, **{"therapy_language": ticked, "therapy_language-another": written})
    asked = referral_pages.facts(on, Step("therapy_language"), IDENTITY, content.translate)
    shown = Page(render.render("referrals/question.html", content, **asked))
    assert [attrs["value"] for _, attrs in shown.elements if "checked" in attrs] == languages
    assert shown.element("therapy_language-another").get("value", "") == written


@every_row("name", [name for name in REFERRAL if not name.startswith("referred")])
def test_a_shared_computer_does_not_remember_a_referral(name: str, content: Content) -> None:
    shown = show(name, content)
    assert shown.all("autocomplete", "form") == ["off"]
    asked = {attrs["name"] for tag, attrs in shown.elements if tag in {"input", "textarea"} and "autocomplete" in attrs}
    assert asked == {"left_blank"}  # which is no question, and says "off"
