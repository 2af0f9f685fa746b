"""A submission to a model, and whatever is wrong with it to one plain sentence a field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from functions.forms.body import Submission

_ENTER_A_VALUE = "Enter a valid value"


_SINGLE_VALUE_MESSAGES = {"email": "Enter one email address"}


_PYDANTIC_ERROR_TYPES = frozenset(get_args(ErrorType))


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, in words for the person who filled it in; `field` is empty for the whole form."""

    field: str
    message: str


class FormError(Exception):
    """Answers that cannot be taken. `values` is what was typed, to show again; neither is in the exception's text."""

    def __init__(self, errors: tuple[FieldError, ...], values: dict[str, str | list[str]]) -> None:
        super().__init__(f"{len(errors)} fields")
        self.errors = errors
        self.values = values

    @property
    def submission_id(self) -> str:
        """The form's own id, to be sent again with it; empty where it came without one that can be used."""
        given = self.values.get("submission_id", "")
        damaged = any(error.field == "submission_id" for error in self.errors)
        return given if isinstance(given, str) and not damaged else ""


def validate[M: BaseModel](
    model: type[M], submission: Submission, missing: Mapping[str, str], context: Mapping[str, object] | None = None
) -> M:
    """Makes the model of a submission; `missing` holds the sentence for each field that lacks a usable answer.

    Fields that the model does not have are ignored in a form and refused in JSON. `context` is pydantic's.

    Raises:
        FormError: one error for each field, in the model's order; no sentence of pydantic's and nothing of the input.
    """
    known = {name: value for name, value in submission.values.items() if name in model.model_fields}
    try:
        return model.model_validate(known if submission.is_form else submission.values, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False)
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
        return "Leave out fields that this form does not have"
    if kind == "missing" or _is_blank(value):
        return missing.get(name, _ENTER_A_VALUE)
    if isinstance(value, list) and name in _SINGLE_VALUE_MESSAGES:
        return _SINGLE_VALUE_MESSAGES[name]
    return missing.get(name, _ENTER_A_VALUE) if kind in _PYDANTIC_ERROR_TYPES else error["msg"]


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def as_typed(model: type[BaseModel], submission: Submission) -> dict[str, str | list[str]]:
    """What was answered, to be shown again: a list for the fields that take several answers, else one line."""
    typed: dict[str, str | list[str]] = {}
    for name, value in submission.values.items():
        if name not in model.model_fields:
            continue
        answers = value if isinstance(value, list) else [value]
        texts = [each.encode("utf-8", "replace").decode() for each in answers if isinstance(each, str)]
        several = get_origin(model.model_fields[name].annotation) in {list, tuple, set, frozenset}
        typed[name] = texts if several else ", ".join(texts)
    return typed
