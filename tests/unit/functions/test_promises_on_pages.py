"""What the privacy notice and the pages of the referral form say about people's data, sentence by sentence."""

from html import unescape

import pytest

from functions.web import render
from shared.content.content import Content
from tests import builders
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
        "They may have to share information if you or someone else is at serious risk",
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
        "Your answers are encrypted. They are only unlocked so that Nafsiyat can read them.",
        "Mersey Care can see that a form was sent, when, and how far it has got. It cannot see who sent it.",
        "may record which pages you open. Some can also record what is on them.",
        "It is safest to use your own phone, not connected to work wifi.",
        "closes after 15 minutes, unless you ask for more time",
        "If you would rather not use this form",
    ],
)
def test_the_first_page_of_the_form_says_before_it_asks(said: str, content: Content) -> None:
    assert said in shown("referrals/start.html", content, **FORM)


@pytest.mark.parametrize("of", [builders.content(), builders.agreed_content(), builders.other_content()])
def test_who_is_told_and_who_is_not_stands_before_the_first_button_as_far_as_it_is_agreed(of: Content) -> None:
    html = render.render("referrals/start.html", of, **FORM)
    before = unescape(html.partition("Start now")[0])

    assert [line for line in of.one_to_one.assurances if line not in before] == []
    left_out = set(builders.agreed_content().one_to_one.assurances) - set(of.one_to_one.assurances)
    assert [line for line in left_out if line in unescape(html)] == []
    assert before.count("<button") == 1, "the one that begins the form"
    assert 'href="/one-to-one/status"' in html
    assert 'href="/one-to-one/question-list"' in html


def test_who_may_hear_of_it_all_the_same_is_said_in_the_sentence_that_says_who_does_not() -> None:
    [said] = [line for line in builders.agreed_content().one_to_one.assurances if "Home Office" in line]

    assert said == (
        "Your form is not shared with HR, your sponsor or the Home Office, "
        "unless someone is at serious risk or the law requires it."
    )


def test_no_support_of_the_employer_is_called_confidential(content: Content) -> None:
    """Not without saying what the employer is told, which nobody has told us."""
    [own] = [each.how for each in content.one_to_one.other_support if "occupational health" in each.how]

    assert "confidential" not in own.casefold()
    assert "ask what they will tell your employer" in own


@pytest.mark.parametrize("of", [builders.content(), builders.agreed_content()])
def test_a_note_for_a_manager_is_offered_only_once_it_is_agreed(of: Content) -> None:
    is_offered = 'href="/time-away-note"' in render.render("referrals/start.html", of, **FORM)

    assert is_offered is (of.one_to_one.time_away_note is not None)


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
