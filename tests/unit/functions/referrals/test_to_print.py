"""The pages to read or print before a referral: every question, and a note that gives nothing away."""

import pytest

import functions.referrals.to_print
import shared.bootstrap
from functions.referrals.to_print import asked_pages, question_list, time_away_note
from shared.content.content import Content
from tests import builders
from tests.builders import MORNING
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.fake_services import FakeServices
from tests.unit.functions.html_page import Page


def use(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    services = FakeServices(content, FakeClock(MORNING))
    for module in (functions.referrals.to_print, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)


@pytest.mark.parametrize("content", [builders.content(), builders.agreed_content(), builders.other_content()])
def test_every_question_is_on_one_page_with_its_hint_and_its_options(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(content, monkeypatch)
    page = Page(question_list(http_requests.get()).get_body().decode())
    said = " ".join(page.text.split())

    for asked in content.one_to_one.questions:
        for words in (asked.label_in_form, asked.hint or "", *(option.words for option in asked.choices)):
            assert words in said
    assert all(language.name in said for language in content.one_to_one.languages)
    assert content.one_to_one.consent in said
    assert page.all("name", "input", "textarea", "form") == []


def test_a_question_that_depends_on_an_answer_says_on_which(content: Content) -> None:
    after = {asked.label: asked.only_after for page in asked_pages(content) for asked in page.questions}

    assert after["What is your email address?"] == ("Email",)
    assert after["What is your phone number?"] == ("Phone call", "Text message")
    assert after["What is your name?"] == ()


def test_the_note_names_neither_the_service_nor_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = builders.agreed_content()
    use(agreed, monkeypatch)
    page = Page(time_away_note(http_requests.get()).get_body().decode())

    assert "I have a confidential wellbeing appointment" in page.text
    for word in ("Nafsiyat", "therap", "trauma", "one-to-one", "racial"):
        assert word not in page.text.casefold()
    assert agreed.service_name not in page.html


def test_there_is_no_note_until_it_is_agreed(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    use(content, monkeypatch)

    assert time_away_note(http_requests.get()).status_code == 404
