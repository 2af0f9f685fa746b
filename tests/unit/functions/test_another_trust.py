"""Another trust and another provider: no page and no mail of theirs holds a trace of this one."""

import json
import re
from html import unescape

from functions.api.document import document
from functions.web.render import TEMPLATES
from local.content.service_sentences import service_sentences
from local.tour.letters import FACTS
from shared.content.content import Content
from shared.mail.renderer import MailRenderer
from tests.builders import POLICY, ROOT
from tests.every_row import every_row
from tests.trust_specific_words import traces
from tests.unit.functions.page_examples import PAGES, Pages, show
from tests.unit.shared.mail.test_renderer import EVERY

# Emails to those who run the sessions; the tests of the renderer cover all others.
STAFF: list[tuple[str, dict[str, object]]] = [
    ("organiser", {"alerts": [("Row s1", "No capacity")], "more": True}),
    ("organiser-list", dict(FACTS["organiser-list"]) | {"title": ""}),
    (
        "facilitators",
        dict.fromkeys(["starts", "when", "title", "theme", "place", "also_online"], "")
        | dict.fromkeys(["confirmed", "to_check", "waiting", "capacity"], 3)
        | {"adjustments": [("A person", "Captions")], "names": ["Zoë Okafor"]},
    ),
]
MAILS = EVERY + [each for each in STAFF if each[0] not in {template for template, _ in EVERY}]
LETTERS = ROOT / "shared" / "mail" / "templates"


@every_row("name", PAGES)
def test_another_trusts_page_speaks_for_them_alone(name: str, other_content: Content) -> None:
    html = unescape(show(name, other_content).html)
    assert traces(html) == []
    assert other_content.organisation.name in html
    assert (other_content.mails.sign_off in html) is (name != "time away note"), "which a manager reads"
    assert (other_content.service_name in html) is name.startswith("start")


@every_row("template, facts", MAILS)
def test_another_trusts_mail_speaks_for_them_alone(
    template: str, facts: dict[str, object], other_content: Content
) -> None:
    mail = MailRenderer(other_content).render(template, to="a@b.example", **facts)
    assert traces(f"{mail.subject} {mail.text} {unescape(mail.html)}") == []
    assert other_content.organisation.name in mail.text


def test_no_sentence_of_the_service_calls_the_organisation_a_trust(other_content: Content) -> None:
    said = json.dumps(document(other_content, POLICY)).replace("works_for_trust", "")
    assert re.findall(r".{30}\btrusts?\b.{30}", said, re.IGNORECASE) == []
    assert [each for each in service_sentences() if re.search(r"\btrusts?\b", each, re.IGNORECASE)] == []


@every_row("name", PAGES)
def test_the_search_would_find_this_trust(name: str, content: Content, pages: Pages) -> None:
    found = traces(unescape(pages[name].html))
    assert "mersey" in found
    assert (content.service_name.casefold() in found) is name.startswith("start")


def test_the_search_would_find_this_trust_in_a_mail(content: Content) -> None:
    template, facts = EVERY[0]
    assert "mersey" in traces(MailRenderer(content).render(template, to="a@b.example", **facts).text)


def test_every_template_is_among_what_is_shown() -> None:
    pages = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    partial = {
        "layout.html",
        "parts.html",
        "bookings/frame.html",
        "manage/parts.html",
        "provider/frame.html",
        "provider/parts.html",
    }
    partial |= {
        "provider/waiting-list.html",
        "referrals/flow.html",
        "referrals/frame.html",
        "referrals/inputs.html",
        "referrals/stored-views.html",
        "referrals/own-frame.html",
        "referrals/own-words.html",
        "provider/word-back.html",
        "bookings/questions.html",
        "bookings/answers.html",
        "bookings/several/lines.html",
    }
    assert pages - partial - {template for template, _ in PAGES.values()} == set()
    mails = {path.name.removesuffix(".jinja") for path in LETTERS.iterdir() if not path.name.startswith("_")}
    assert mails - {template for template, _ in MAILS} == set()
