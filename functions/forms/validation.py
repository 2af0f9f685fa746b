"""Validation of a submission: a model, or one plain sentence for each field that is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from functions.forms.body import Submission
from shared.fields.refusal import SENTENCE
from shared.wording.sentences import sentence
from shared.wording.translation import translated

_ENTER_A_VALUE = sentence("messages.not-valid")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field's error, in words for the person who filled it in; `field` is empty for the whole form."""

    field: str
    message: str

    def in_language(self, translate: Callable[[str], str]) -> Self:
        """Returns the error in the words of `translate`."""
        return replace(self, message=translated(self.message, translate))


class FormError(Exception):
    """Invalid answers. `values` holds them as typed, to show again; the exception's text has neither."""

    def __init__(self, errors: tuple[FieldError, ...], values: dict[str, str | list[str]]) -> None:
        super().__init__(f"{len(errors)} fields")
        self.errors = errors
        self.values = values

    @property
    def submission_id(self) -> str:
        """The form's own id, to be sent again with it; empty if it came without a valid one."""
        given = self.values.get("submission_id", "")
        damaged = any(error.field == "submission_id" for error in self.errors)
        return given if isinstance(given, str) and not damaged else ""


def validate[M: BaseModel](
    model: type[M], submission: Submission, missing: Mapping[str, str], context: Mapping[str, object] | None = None
) -> M:
    """Validates a submission as a model; `missing` holds the sentence for each field that lacks a usable answer.

    Fields that the model does not have are ignored in a form and refused in JSON. `context` is pydantic's.

    Raises:
        FormError: one error for each field, in the model's order, without pydantic's sentences or any of the input.
    """
    known = {name: value for name, value in submission.values.items() if name in model.model_fields}
    try:
        return model.model_validate(known if submission.is_form else submission.values, context=context)
    except ValidationError as error:
        found = error.errors()
    # Raised outside the handler: pydantic's error, which quotes the input, must not travel along as its context.
    raise FormError(_first_error_per_field(model, found, missing), as_typed(model, submission))


def _first_error_per_field(
    model: type[BaseModel], found: list[ErrorDetails], missing: Mapping[str, str]
) -> tuple[FieldError, ...]:
    messages: dict[str, str] = {}
    for error in found:
        name = _field_of(error, model)
        messages.setdefault(name, _error_message(error, name, missing))
    order = [*model.model_fields, ""]
    return tuple(FieldError(name, messages[name]) for name in order if name in messages)


def _field_of(error: ErrorDetails, model: type[BaseModel]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    return name if name in model.model_fields else ""


def _error_message(error: ErrorDetails, name: str, missing: Mapping[str, str]) -> str:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        return sentence("messages.unknown-field")
    if kind == "missing" or _is_blank(value):
        return missing.get(name, _ENTER_A_VALUE)
    own = error.get("ctx", {}).get(SENTENCE)  # pydantic's own sentences quote the input, and come without it
    return own if isinstance(own, str) else missing.get(name, _ENTER_A_VALUE)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def as_typed(model: type[BaseModel], submission: Submission) -> dict[str, str | list[str]]:
    """The answers as typed, to show again: a list for fields that take several answers, else one line."""
    typed: dict[str, str | list[str]] = {}
    for name, value in submission.values.items():
        if name not in model.model_fields:
            continue
        answers = value if isinstance(value, list) else [value]
        texts = [each.encode("utf-8", "replace").decode() for each in answers if isinstance(each, str)]
        several = get_origin(model.model_fields[name].annotation) in {list, tuple, set, frozenset}
        typed[name] = texts if several else ", ".join(texts)
    return typed
