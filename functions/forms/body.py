"""Request bodies: a urlencoded form or a JSON object, read strictly."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Never
from urllib.parse import parse_qsl

import azure.functions as func
from werkzeug.http import parse_options_header

from functions.forms.request_values import header

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
HTML = "text/html"
CALLED_BEFORE = {"works_for_trust": "works_here"}
"""Names of fields as programs learned them before, which are still accepted, each with its name today."""


class BodyError(Exception):
    """A body that is not a form. The error has no text: the body may be personal."""


class EmptyBodyError(BodyError):
    """No body, or one sent in chunks, which the Functions host hands over as nothing."""


class MalformedBodyError(BodyError):
    """Not UTF-8, not the JSON object or the form that its content type says, or more fields than any form has."""


class BodyTooLargeError(BodyError):
    """More than 64 KiB."""


class UnsupportedBodyError(BodyError):
    """Neither a urlencoded form nor JSON, or in another charset than UTF-8."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The values sent, by field. In a form, blank fields are absent and a field that was given twice is a list."""

    values: dict[str, object] = field(repr=False)
    is_form: bool

    def text(self, name: str) -> str:
        """The one value of a field; empty if it has none or several."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def read_body(req: func.HttpRequest) -> Submission:
    """Reads a urlencoded form or a JSON object.

    Raises:
        BodyError: one of its subclasses, before the contents are used.
    """
    body = req.get_body()
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError
    if not body:
        raise EmptyBodyError
    kind = content_type(req)
    if kind not in {FORM, JSON}:
        raise UnsupportedBodyError
    values = _parsed(body, kind)
    if values is None:
        raise MalformedBodyError
    return Submission({_name_today(name, values): value for name, value in values.items()}, is_form=kind == FORM)


def read_form_value(req: func.HttpRequest, name: str) -> str:
    """The one value of a form's field; empty if there is none: a form of unset radios is sent without a body.

    Raises:
        BodyError: the body is not empty and cannot be read.
    """
    try:
        return read_body(req).text(name)
    except EmptyBodyError:
        return ""


def content_type(req: func.HttpRequest) -> str:
    """The media type in lower case; empty if there is none or its charset is not UTF-8."""
    kind, options = parse_options_header(header(req, "content-type"))
    charset = options.get("charset", "utf-8").casefold()
    return kind.casefold() if charset in {"utf-8", "utf8"} else ""


def _name_today(name: str, values: Mapping[str, object]) -> str:
    """Returns the name of a field, for that of before too; with both of them, each keeps its own."""
    today = CALLED_BEFORE.get(name, name)
    return name if today in values else today


def _parsed(body: bytes, kind: str) -> dict[str, object] | None:
    try:
        text = body.decode("utf-8")
        return _form_fields(text) if kind == FORM else _json_members(text)
    except (ValueError, RecursionError):
        return None


def _form_fields(text: str) -> dict[str, object]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            given.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _json_members(text: str) -> dict[str, object] | None:
    value = json.loads(
        text, object_pairs_hook=_reject_duplicate_names, parse_constant=_reject_constant, parse_float=_finite
    )
    return value if isinstance(value, dict) and len(value) <= MAX_FIELDS else None


def _reject_duplicate_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("duplicate member name")
    return members


def _reject_constant(_: str) -> Never:
    raise ValueError("not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _reject_constant(digits)
