"""Routes of the pages to read or print before a referral: its questions, and a note for time away from work."""

from collections.abc import Iterator
from dataclasses import dataclass

import azure.functions as func

from functions.problems.http_errors import PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import page
from shared.bootstrap import services
from shared.content.content import Content
from shared.content.question import FormQuestion, QuestionPage
from shared.content.question_catalogue import Kind
from shared.wording.sentences import sentence
from shared.wording.translation import translated

bp = func.Blueprint()


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question to read: `only_after` are the answers, in words, one of which it follows; none if all are asked."""

    label: str
    hint: str
    options: tuple[str, ...]
    only_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page of the form to read; `heading` is "" where its one question is the heading."""

    heading: str
    about: tuple[str, ...]
    questions: tuple[AskedQuestion, ...]


@bp.route(route="one-to-one/question-list", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def question_list(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    return page(render("referrals/question-list.html", content, pages=list(asked_pages(content))))


# The address of the site is printed at the foot of a page: this one says nothing of one-to-one sessions.
@bp.route(route="time-away-note", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def time_away_note(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    note = content.one_to_one.time_away_note
    if note is None:
        raise PageNotFoundError
    return page(render("referrals/time-away-note.html", content, note=note))


def asked_pages(content: Content) -> Iterator[AskedPage]:
    """Every page of the form, in order, with what it asks."""
    for each in content.one_to_one.pages:
        questions = tuple(_asked(question, content) for question in each.questions)
        yield AskedPage(_heading(each), each.about, questions)


def _heading(each: QuestionPage) -> str:
    return (each.heading or "") if len(each.questions) > 1 else ""


def _asked(each: FormQuestion, content: Content) -> AskedQuestion:
    options = tuple(content.translate(option.words) for option in each.choices)
    if each.question.kind is Kind.LANGUAGE:
        listed = (language.name for language in content.one_to_one.languages)
        options = (*listed, content.translate(sentence("form.another-language")))
    label = translated(each.label_in_form, content.translate)
    return AskedQuestion(label, each.hint or "", options, tuple(_only_after(each, content)))


def _only_after(each: FormQuestion, content: Content) -> Iterator[str]:
    needs = each.question.needs
    deciding = [other for other in content.one_to_one.questions if needs is not None and other.ask == needs.question]
    for other in deciding:
        met = (option for option in other.choices if needs is not None and option.code in needs.answers)
        yield from (content.translate(option.words) for option in met)
