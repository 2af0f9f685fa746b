"""No page, email, error or text in the portal holds a word that its readers should not meet."""

from html import unescape

import pytest

from local.tour.letters import sample_mails
from shared.content.content import Content
from tests.unit.functions.page_examples import PAGES, show
from tests.words import offenders, words_in

# What is still to be rewritten. It only shrinks: a file that is mended, or that is new here, fails the test.
TO_REWRITE: dict[str, set[str]] = {
    "shared/mail/templates/checking.jinja": {"the trust"},
    "shared/mail/templates/combined.jinja": {"the trust"},
    "shared/mail/templates/facilitators.jinja": {"nobody"},
    "shared/mail/templates/operators-test.jinja": {"nobody"},
    "shared/mail/templates/operators-uncollected.jinja": {"nobody"},
    "shared/mail/templates/prove.jinja": {"the trust"},
    "shared/mail/templates/referral-batch.jinja": {"nobody"},
    "shared/mail/templates/referral-link.jinja": {"nobody"},
    "shared/mail/templates/referral-new-link.jinja": {"nobody"},
    "shared/mail/templates/referral-reminder.jinja": {"nobody"},
    "shared/mail/templates/referral-reminders.jinja": {"nobody"},
    "shared/mail/templates/released.jinja": {"nobody", "the trust"},
    "shared/mail/templates/unheld.jinja": {"nobody"},
}


def test_no_text_of_the_service_holds_such_a_word() -> None:
    assert offenders() == TO_REWRITE


def test_no_page_or_email_holds_such_a_word(content: Content) -> None:
    known = set().union(*TO_REWRITE.values())
    pages = {name: words_in(unescape(show(name, content).text)) for name in PAGES}
    mails = {name: words_in(f"{mail.subject} {mail.text}") for name, mail in sample_mails(content)}

    found = {name: words - known - {"the trust"} for name, words in (pages | mails).items()}

    assert {name: words for name, words in found.items() if words} == {}


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
