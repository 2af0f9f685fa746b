"""Valid answers to the questions of a form, as fields of a pydantic model."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.content.question import FormQuestion
from shared.content.question_catalogue import Kind
from shared.fields.day_in_parts import read_day
from shared.fields.field_schemas import OrAlone, OrBlank, lines, non_blank_line
from shared.fields.field_types import EmailAddress, FullName, PhoneNumber, free_text, one_line
from shared.fields.reading import ReadingError, is_blank
from shared.fields.refusal import refusal
from shared.wording.sentences import sentence

TODAY = "today"
"""The validation context's key for the present day in London: a date of birth must not be later."""

_OLDEST = 120  # years
_MOST_CODES = 100  # answers to one question, far more than it has options


def fields(asked: Sequence[FormQuestion], *, passing: bool) -> dict[str, Any]:
    """Returns field definitions for `pydantic.create_model`, one for each question, in this order.

    `passing`: questions about eligibility take only the answer that makes a person eligible.
    """
    names = frozenset(each.ask for each in asked)
    return {each.ask: _field(each, names, passing=passing) for each in asked}


def missing(asked: Iterable[FormQuestion]) -> dict[str, str]:
    """Returns the message for a missing answer, by question."""
    return {each.ask: each.question.missing for each in asked}


def _field(asked: FormQuestion, names: frozenset[str], *, passing: bool) -> tuple[Any, Any]:
    answer = _KINDS[asked.question.kind](asked, passing)
    if asked.question.kind is Kind.SEVERAL:
        return (answer, ...) if asked.required else (answer, ())
    needs = asked.question.needs
    if asked.required and (needs is None or needs.question not in names):
        return answer, ...
    return _only_of_some(asked, answer, names), None


def _only_of_some(asked: FormQuestion, answer: Any, names: frozenset[str]) -> Any:
    """Takes an answer only if this person is asked; None otherwise, or if the question is optional and left out."""

    def if_asked(value: object, info: ValidationInfo) -> object:
        return None if is_blank(value) or not asked.is_for(info.data, names) else value

    def if_given(value: object, info: ValidationInfo) -> object:
        if value is None and asked.required and asked.is_for(info.data, names):
            raise _missing(asked)
        return value

    some = Annotated[answer | None, BeforeValidator(if_asked), AfterValidator(if_given), Field(validate_default=True)]
    return some if asked.required else Annotated[some, OrBlank()]


def _missing(asked: FormQuestion) -> PydanticCustomError:
    return refusal("answer_missing", asked.question.missing)


def _line(asked: FormQuestion, _: bool) -> Any:
    return Annotated[
        str, one_line(asked.max_length, asked.question.missing, asked.short), non_blank_line(asked.max_length)
    ]


def _lines(asked: FormQuestion, _: bool) -> Any:
    def some(value: str) -> str | None:
        if value or not asked.required:
            return value or None
        raise _missing(asked)

    return Annotated[str, free_text(asked.max_length, asked.short), AfterValidator(some), lines(asked.max_length)]


def _one(asked: FormQuestion, passing: bool) -> Any:
    if passing and asked.question.passing:
        return Literal[asked.question.passing]
    return Literal[tuple(option.code for option in asked.choices)]


def _several(asked: FormQuestion, _: bool) -> Any:
    order = [option.code for option in asked.choices]

    def once_and_in_order(value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(code for code in order if code in value)

    answer: Any = Literal[tuple(order)]
    answers = Annotated[tuple[answer, ...], Field(min_length=1)] if asked.required else tuple[answer, ...]
    alone = OrAlone(tuple(order), optional=not asked.required)
    return Annotated[answers, BeforeValidator(_listed), AfterValidator(once_and_in_order), alone]


def _listed(value: object) -> object:
    if value is None or is_blank(value):
        return ()
    if isinstance(value, list) and len(value) > _MOST_CODES:
        return None  # no list: one error instead of one for each member
    return (value,) if isinstance(value, str) else value


def _date(asked: FormQuestion, _: bool) -> Any:
    def past_day(value: str, info: ValidationInfo) -> str:
        assert info.context is not None, "a date is validated with the present day"
        return _day(value, asked, info.context[TODAY]).isoformat()

    return Annotated[str, AfterValidator(past_day), _schema(format="date")]


def _day(text: str, asked: FormQuestion, today: date) -> date:
    try:
        day = read_day(text, asked.short)
    except ReadingError as error:
        refused = refusal(error.code, error.sentence)
        raise refused from None
    if day is None or day.year < today.year - _OLDEST:
        raise refusal("date_real", sentence("fields.date.real", label=asked.short))
    if day > today:
        raise refusal("date_past", sentence("fields.date.past", label=asked.short))
    return day


def _schema(**facts: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **facts})


_KINDS: dict[Kind, Callable[[FormQuestion, bool], Any]] = {
    Kind.NAME: lambda *_: FullName,
    Kind.TEXT: _line,
    Kind.LONG: _lines,
    Kind.EMAIL: lambda *_: EmailAddress,
    Kind.PHONE: lambda *_: PhoneNumber,
    Kind.ONE: _one,
    Kind.SEVERAL: _several,
    Kind.LANGUAGE: _line,
    Kind.DATE: _date,
}
