"""No page, email, error or text in the portal holds a word that its readers should not meet."""

from html import unescape

import pytest

from local.tour.letters import sample_mails
from shared.content.content import Content
from tests.unit.functions.page_examples import Pages
from tests.words import offenders, words_in


def test_no_text_of_the_service_holds_such_a_word() -> None:
    assert offenders() == {}


def test_no_page_or_email_holds_such_a_word(content: Content, pages: Pages) -> None:
    shown = {name: words_in(unescape(page.text)) for name, page in pages.items()}
    mails = {name: words_in(f"{mail.subject} {mail.text}") for name, mail in sample_mails(content)}

    assert {name: words for name, words in (shown | mails).items() if words} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("An e-mail to Somebody", {"mail", "somebody"}),
        ("Send mails, not an email", {"mail"}),
        ("It opens in every programme", {"programme"}),
        ("Our programme of sessions", set()),
        ("Text SHOUT to 85258", set()),
        ("SHOUT is open, off the Wi-Fi of work", {"SHOUT", "Wi-Fi"}),
        ("Use wifi. Nafsiyat has your answers. Someone reads the email.", set()),
        ("Nafsiyat, who lead the session", {"Nafsiyat have"}),
        ("The trust’s own, e.g. nobody or everybody", {"the trust", "e.g.", "nobody", "everybody"}),
        ("Anybody who clicks, or is clicking. Click", {"anybody", "click"}),
    ],
)
def test_such_words_are_found_and_others_are_not(text: str, words: set[str]) -> None:
    assert words_in(text) == words
