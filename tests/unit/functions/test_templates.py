"""Names that templates read: `ChainableUndefined`, which the NHS components need, shows a mistyped name as nothing."""

from typing import Any

from jinja2 import meta, nodes

from functions.forms.validation import FieldError
from functions.problems.problem_details import UNEXPECTED
from functions.web import render
from shared.bookings.places.request import BookingRequest
from shared.content.language.translated_templates import FUNCTIONS
from tests.builders import agreed_content
from tests.every_row import every_row
from tests.unit.functions.bookings.page_examples import IS_FULL, View
from tests.unit.functions.page_examples import (
    ARTICLE,
    CHECKING,
    CHOOSING,
    EMPTY,
    OFFERS,
    PAGES,
    SECTION,
    WAITING,
    facts_for,
    forwarded_referral,
    own_booking,
)

GIVEN = {"assetPath", "content", "errors", "is_private", "look_logo", "look_styles", "messages", "site", *FUNCTIONS}
FACTS = {
    "layout.html": set(),
    "parts.html": set(),
    "manage/parts.html": set(),
    "bookings/frame.html": set(),
    "bookings/questions.html": set(),
    "bookings/answers.html": set(),
    "bookings/several/lines.html": set(),
    "bookings/session.html": set(CHOOSING),
    "provider/frame.html": {"site"},
    "provider/parts.html": {"referral"},
    "provider/waiting-list.html": set(),
    **{template: facts_for(facts, None).keys() | {"correlation"} for template, facts in PAGES.values()},
    "referrals/flow.html": set(),
    "referrals/frame.html": set(),
    "referrals/own-frame.html": {"site"},
    "referrals/own-words.html": set(),
    "provider/word-back.html": {"choices", "how_long"},
    "referrals/inputs.html": set(),
    "referrals/stored-views.html": set(),
    "problem.html": {"problem", "correlation"},
}
# The check takes what a page has set for unknown in a block within it, whoever fills the block.
FACTS["bookings/several/sessions.html"] |= {"choices", "own_places"}
FACTS["bookings/session.html"] |= {"choices", "own_places", "what_is_gone"}
OWN = sorted(path.relative_to(render.TEMPLATES).as_posix() for path in render.TEMPLATES.rglob("*.html"))


def parsed(template: str) -> nodes.Template:
    return render.environment().parse((render.TEMPLATES / template).read_text("utf-8"))


@every_row("template", OWN)
def test_templates_use_only_the_variables_passed_to_them(template: str) -> None:
    imported = {name for each in parsed(template).find_all(nodes.FromImport) for name in each.names}
    assert meta.find_undeclared_variables(parsed(template)) <= FACTS[template] | GIVEN | imported


@every_row("template", OWN)
def test_templates_use_only_attributes_that_exist(template: str) -> None:
    content = agreed_content()
    known = {"booking": own_booking(), "content": content, "session": View(), "chosen": View(), "problem": UNEXPECTED}
    known |= {"referral": forwarded_referral()}
    known |= {"waiting": WAITING, "row": WAITING.rows[0]} if template == "provider/waiting-list.html" else {}
    known |= {"provider": content.provider, "line": content.urgent_help[0], "error": FieldError("", "")}
    known |= {"line": IS_FULL} if template.startswith("bookings/several/") else {}
    known |= {"draft": EMPTY, "answers": CHECKING["answers"], "manager": content.who_sees.manager}
    known |= {"article": ARTICLE, "offer": OFFERS[0], "part": SECTION, "link": SECTION.links[0]}
    known |= {"each": content.help_now.cards[0]} if template == "info/help-now.html" else {}
    for attribute in parsed(template).find_all(nodes.Getattr):
        root, path = dotted(attribute)
        if root in known:
            value: Any = known[root]
            for name in path:
                assert hasattr(value, name), f"{root}.{'.'.join(path)}"
                value = getattr(value, name)


@every_row("template", OWN)
def test_a_template_reads_answers_and_messages_by_the_names_of_the_fields(template: str) -> None:
    fields = BookingRequest.model_fields.keys() | {"consent_share", "reference", "passphrase", "code"}
    fields |= {"saved", "words", "said"}
    read = [dotted(each) for each in parsed(template).find_all(nodes.Getattr)]
    assert {path[0] for root, path in read if root in {"values", "messages"}} <= fields


def dotted(attribute: nodes.Getattr) -> tuple[str, list[str]]:
    path, node = [attribute.attr], attribute.node
    while isinstance(node, nodes.Getattr):
        path.insert(0, node.attr)
        node = node.node
    return (node.name if isinstance(node, nodes.Name) else ""), path
