"""Emails in another language: whatever has a word in English is found by a language in which all is marked."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jinja2
import pytest

from local.tour.letters import FACTS
from shared.bookings.model.attendee import Roster
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.staff_emails.facilitator_briefing import briefing_facts
from shared.content.content import Content, load_content
from shared.mail import markdown, renderer
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from tests.builders import MORNING, attendee, referral, session
from tests.content.pseudo_language import write_site
from tests.unit.functions.visible_text import not_given, unmarked, unmarked_text
from tests.unit.shared.bookings.emails.test_answers_in_emails import COMPOSER
from tests.unit.shared.mail.test_renderer import EVERY
from tests.unit.shared.referrals.referral_system import ReferralHarness

EMAILS: list[tuple[str, Mapping[str, Any]]] = [*FACTS.items(), *EVERY]


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return load_content(write_site(tmp_path_factory.mktemp("content"), "ar"))


def written(content: Content, template: str, facts: Mapping[str, Any]) -> EmailMessage:
    return MailRenderer(content).render(template, to="zoe@example.nhs.uk", **facts)


def untranslated(content: Content, template: str, facts: Mapping[str, Any]) -> list[str]:
    """Returns what an email says in English and was not given, in any of its forms."""
    message = written(content, template, facts)
    shown = [*unmarked(message.html), *unmarked_text(message.subject), *unmarked_text(message.text)]
    shown += unmarked_text(message.markdown)
    return not_given(shown, [facts, _in_other_forms(facts)])


def _in_other_forms(value: Any) -> Any:
    """Every text as the Markdown has it, and line by line, as the text has it, which indents each."""
    if isinstance(value, Mapping):
        return [_in_other_forms(each) for each in value.values()]
    if isinstance(value, (list, tuple)):
        return [_in_other_forms(each) for each in value]
    return [markdown.literal(value), markdown.link_target(value), value.splitlines()] if isinstance(value, str) else []


def test_every_sentence_of_every_email_can_be_translated(pseudo: Content) -> None:
    found = [(template, untranslated(pseudo, template, facts)) for template, facts in EMAILS]
    assert [each for each in found if each[1]] == []


def test_a_sentence_of_an_email_that_is_not_marked_for_translation_is_found(
    pseudo: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (renderer.TEMPLATES / "gone.jinja").read_text("utf-8")
    changed = source.replace('h(_("Your booking has been cancelled"))', 'h("Your booking has been cancelled")')
    original = renderer.environment

    def environment(*given: Any) -> jinja2.Environment:
        made = original(given[0], None, *given[2:])
        made.loader = jinja2.ChoiceLoader([jinja2.DictLoader({"gone.jinja": changed}), made.loader])  # type: ignore[list-item]  # there is one
        return made

    monkeypatch.setattr(renderer, "environment", environment)

    words = "Your booking has been cancelled"
    assert untranslated(pseudo, "gone", FACTS["gone"]) == [words, words, f"# {words}"]


def test_every_email_names_the_language_and_the_direction_of_its_content(pseudo: Content, content: Content) -> None:
    for shown, expected in ((pseudo, '<html lang="ar" dir="rtl">'), (content, '<html lang="en">')):
        roots = {re.findall("<html[^>]*>", written(shown, *each).html)[0] for each in FACTS.items()}
        assert roots == {expected}


def test_emails_have_the_dates_of_their_language(content: Content) -> None:
    welsh = MailRenderer(content.model_copy(update={"language": "cy"}))
    confirmation = MailId.to(attendee(), MailKind.CONFIRMATION)
    briefing = briefing_facts(session(), Roster((attendee(),), ""), names=False, dates=welsh.content.dates)
    texts = [
        replace(COMPOSER, renderer=welsh).compose(session(), attendee(), confirmation, MORNING).text,
        welsh.render("facilitators", to="a@b.example", **briefing).text,
        replace(ReferralHarness().writer(), renderer=welsh, delivery="link").referral(referral(), b"", MORNING).text,
    ]
    assert [set(re.findall("Medi|September", text)) for text in texts] == [{"Medi"}] * 3


def test_what_is_not_translated_is_said_in_english(content: Content) -> None:
    welsh = content.model_copy(update={"language": "cy"})
    assert written(welsh, "gone", FACTS["gone"]).text == written(content, "gone", FACTS["gone"]).text
