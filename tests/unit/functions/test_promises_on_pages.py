"""What the privacy notice and the pages of the referral form say about people's data, sentence by sentence."""

import pytest

from functions.web import render
from shared.content.content import Content
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES

FORM = {"mailbox_fails": False, "hidden": (), "submission_id": "s" * 20, "form_token": "t" * 20}


def privacy(content: Content) -> str:
    template, facts = PAGES["privacy"]
    assert isinstance(facts, dict)
    return shown(template, content, **facts | {"article": content.privacy})


def shown(template: str, content: Content, **facts: object) -> str:
    return " ".join(Page(render.render(template, content, **facts)).text.split())


@pytest.mark.parametrize(
    "said",
    [
        "is the controller of what you enter when you book a group session, and of passing on your form",
        "is the controller of your form for one-to-one sessions from the moment when it has it",
        "they may have to tell someone else if there is a serious risk",
        "You do not have to use our form.",
        "see a reference number, when the form came, and how far it has got",
        "Using this service has no effect on your employment. No decision about you is made by a computer alone.",
    ],
)
def test_the_privacy_notice_says(said: str, content: Content) -> None:
    assert said in privacy(content)


@pytest.mark.parametrize(
    "said",
    [
        "Who sees your answers",
        "It is sealed before it is stored, and only opened to be passed on to them.",
        "that a form was passed on, and when. They do not see whose it was.",
        "may record which pages you open, and some can record what is on them",
        "Your own phone, off the work Wi-Fi, is safest.",
        "closes after 15 minutes, unless you ask for more time",
        "If you would rather not use this form",
    ],
)
def test_the_first_page_of_the_form_says_before_it_asks(said: str, content: Content) -> None:
    assert said in shown("referrals/start.html", content, **FORM)


def test_the_form_asks_for_one_sentence_and_not_for_what_happened(content: Content) -> None:
    [hint] = [each.hint for each in content.one_to_one.questions if each.ask == "what_brings_you"]

    assert hint is not None
    assert hint.startswith("One sentence is enough")
    assert "You do not need to describe what happened" in hint


@pytest.mark.parametrize("of", ["start page", "agreement", "privacy notice"])
def test_no_page_says_that_only_a_day_is_known_or_that_nothing_is_left(of: str, content: Content) -> None:
    """Storage keeps the moment of the last write, and a browser may keep answers where no scripts run."""
    pages = {
        "start page": lambda: shown("referrals/start.html", content, **FORM),
        "agreement": lambda: shown("referrals/consent.html", content, **FORM | {"agreed": False}),
        "privacy notice": lambda: privacy(content),
    }
    text = pages[of]() + content.start.one_to_one_seen_by

    assert "on which day" not in text
    assert "nothing is left" not in text.casefold()
