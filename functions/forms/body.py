"""Request bodies: a form or JSON to a model, and whatever is wrong with it to one plain sentence a field."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Never, get_args, get_origin
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
HTML = "text/html"

_ENTER_A_VALUE = "Enter a valid value"
_ONE_ONLY = {"email": "Enter one email address"}
_PYDANTICS_OWN = frozenset(get_args(ErrorType))


class BodyError(Exception):
    """A body that is no form. Its text is empty: what came may be personal."""


class EmptyBodyError(BodyError):
    """Nothing came, or came in chunks, which the Functions host hands over as nothing."""


class MalformedBodyError(BodyError):
    """Not UTF-8, not the JSON object or the fields that it says it is, or more fields than any form has."""


class BodyTooLargeError(BodyError):
    """More than 64 KiB."""


class UnsupportedBodyError(BodyError):
    """Neither a urlencoded form nor JSON, or in another charset than UTF-8."""


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


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent, by field. In a form, blank fields are absent and a field that was given twice is a list."""

    values: dict[str, object] = field(repr=False)
    is_form: bool


def read_body(req: func.HttpRequest) -> Submission:
    """Reads a urlencoded form or a JSON object.

    Raises:
        BodyError: one of its kinds, before anything is made of the contents.
    """
    body = req.get_body()
    if len(body) > MOST_BYTES:
        raise BodyTooLargeError
    if not body:
        raise EmptyBodyError
    kind = _content_type(req)
    if kind not in {FORM, JSON}:
        raise UnsupportedBodyError
    try:
        text = body.decode("utf-8")
        values = _form_fields(text) if kind == FORM else _json_members(text)
    except (ValueError, RecursionError):
        values = None
    if values is None:
        raise MalformedBodyError
    return Submission(values, is_form=kind == FORM)


def _content_type(req: func.HttpRequest) -> str:
    kind, options = parse_options_header(req.headers.get("content-type", ""))
    charset = options.get("charset", "utf-8").casefold()
    return kind.casefold() if charset in {"utf-8", "utf8"} else ""


def _form_fields(text: str) -> dict[str, object]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            given.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _json_members(text: str) -> dict[str, object] | None:
    value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    return value if isinstance(value, dict) else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name comes twice")
    return members


def _refuse(_: str) -> Never:
    raise ValueError("no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


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
    raise FormError(_one_for_each_field(model, found, missing), as_typed(model, submission))


def _one_for_each_field(
    model: type[BaseModel], found: list[ErrorDetails], missing: Mapping[str, str]
) -> tuple[FieldError, ...]:
    messages: dict[str, str] = {}
    for error in found:
        name = _field_of(error, model)
        messages.setdefault(name, _sentence(error, name, missing))
    order = [*model.model_fields, ""]
    return tuple(FieldError(name, messages[name]) for name in order if name in messages)


def _field_of(error: ErrorDetails, model: type[BaseModel]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    return name if name in model.model_fields else ""


def _sentence(error: ErrorDetails, name: str, missing: Mapping[str, str]) -> str:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        return "Leave out fields that this form does not have"
    if kind == "missing" or _is_blank(value):
        return missing.get(name, _ENTER_A_VALUE)
    if isinstance(value, list) and name in _ONE_ONLY:
        return _ONE_ONLY[name]
    return missing.get(name, _ENTER_A_VALUE) if kind in _PYDANTICS_OWN else error["msg"]


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


def wants_json(req: func.HttpRequest) -> bool:
    """Whether the answer should be JSON: it was asked for in `Accept` before HTML, or JSON was sent."""
    accepted = parse_accept_header(req.headers.get("accept", ""), MIMEAccept)
    kind = accepted.best_match([HTML, JSON, "application/problem+json"], default=HTML)
    return kind != HTML or _content_type(req) == JSON
