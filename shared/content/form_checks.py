"""Checks that the questions of a content file make a form that works."""

from collections import Counter
from collections.abc import Iterator, Sequence

from shared.content.question import FormQuestion, QuestionPage
from shared.content.question_catalogue import BY_NUMBER, CHARACTERS, CONTACT_BY, EMAIL, PHONE, Kind
from shared.wording.sentences import sentence

MAX_ANSWER_BYTES = 63 * 1024
"""Limit of all answers together as a browser sends them: a form is at most 64 KiB, with some fields of its own."""
MAX_ANSWER_FIELDS = 85
"""Limit of the fields of all questions together: a form has at most 100, including some of its own."""

_WIDEST = 12  # bytes of one character in a form: four, each as a percent sign and two digits
_ASCII = 3
_TYPED = {
    Kind.NAME: CHARACTERS[Kind.NAME] * _WIDEST,
    Kind.EMAIL: CHARACTERS[Kind.EMAIL] * _ASCII,
    Kind.PHONE: CHARACTERS[Kind.PHONE] * _ASCII,
    Kind.DATE: 8,
}
_CHOSEN = frozenset({Kind.ONE, Kind.SEVERAL})
_FIELDS = {Kind.LANGUAGE: 2, Kind.DATE: 3}


def problems(pages: Sequence[QuestionPage]) -> list[str]:
    """Returns a sentence for each problem that keeps these pages from working; none if they work."""
    asked = [each for page in pages for each in page.questions]
    checks = (_twice(asked), _own(asked), _leading(pages), _conditions(pages), _reachable(asked), _size(asked))
    return [problem for check in (*checks, _headings(pages)) for problem in check]


def _twice(asked: Sequence[FormQuestion]) -> Iterator[str]:
    for name, times in Counter(each.ask for each in asked).items():
        if times > 1:
            yield sentence("content.asked-twice", name=name)


def _own(asked: Sequence[FormQuestion]) -> Iterator[str]:
    for each in asked:
        yield from _own_options(each)
        if each.limit is not None and not 0 < each.limit <= each.question.limit:
            yield sentence("content.limit", name=each.ask, most=each.question.limit)


def _own_options(each: FormQuestion) -> Iterator[str]:
    codes = [option.code for option in each.options]
    if codes and each.question.kind not in _CHOSEN:
        yield sentence("content.no-options", name=each.ask)
    elif each.question.fixed and not set(codes) <= set(each.question.codes):
        yield sentence("content.fixed-options", name=each.ask, codes=", ".join(each.question.codes))
    elif each.question.kind is Kind.ONE and len(each.choices) < 2:
        yield sentence("content.two-options", name=each.ask)
    elif each.question.leads_elsewhere and codes and set(codes) != set(each.question.codes):
        yield sentence("content.all-options", name=each.ask)


def _leading(pages: Sequence[QuestionPage]) -> Iterator[str]:
    for page in pages:
        for each in page.questions:
            if each.question.leads_elsewhere and (len(page.questions) > 1 or not each.required):
                yield sentence("content.alone", name=each.ask)


def _conditions(pages: Sequence[QuestionPage]) -> Iterator[str]:
    place = {each.ask: number for number, page in enumerate(pages) for each in page.questions}
    for page in pages:
        for each in page.questions:
            needs = each.question.needs
            if needs is not None and place.get(needs.question, -1) > place[each.ask]:
                yield sentence("content.order", name=each.ask, other=needs.question)


def _reachable(asked: Sequence[FormQuestion]) -> Iterator[str]:
    required = {each.ask for each in asked if each.required}
    if "full_name" not in required:
        yield sentence("content.required", name="full_name")
    ways = next((each for each in asked if each.ask == CONTACT_BY), None)
    if ways is None:
        if required.isdisjoint({EMAIL, PHONE}):
            yield sentence("content.one-required", first=f"{CONTACT_BY}, {EMAIL}", last=PHONE)
        return
    offered = {option.code for option in ways.choices}
    if not ways.required:
        yield sentence("content.required", name=CONTACT_BY)
    if EMAIL in offered and EMAIL not in required:
        yield sentence("content.email-required", name=EMAIL, other=CONTACT_BY)
    if offered & BY_NUMBER and PHONE not in required:
        yield sentence("content.phone-required", name=PHONE, other=CONTACT_BY)


def _size(asked: Sequence[FormQuestion]) -> Iterator[str]:
    most = sum(_bytes(each) for each in asked)
    if most > MAX_ANSWER_BYTES:
        yield sentence("content.answers-too-long", size=most, most=MAX_ANSWER_BYTES)
    fields = sum(_fields(each) for each in asked)
    if fields > MAX_ANSWER_FIELDS:
        yield sentence("content.too-many-fields", number=fields, most=MAX_ANSWER_FIELDS)


def _bytes(each: FormQuestion) -> int:
    names = _fields(each) * len(f"{each.ask}-month=&")
    codes = sum(len(option.code) for option in each.choices)
    return names + codes + _TYPED.get(each.question.kind, each.max_length * _WIDEST)


def _fields(each: FormQuestion) -> int:
    kind = each.question.kind
    return len(each.choices) if kind is Kind.SEVERAL else _FIELDS.get(kind, 1)


def _headings(pages: Sequence[QuestionPage]) -> Iterator[str]:
    for page in pages:
        if len(page.questions) > 1 and not page.heading:
            yield sentence("content.heading", name=page.key)
