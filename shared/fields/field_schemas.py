"""JSON Schemas of the checks in `shared.fields.field_types`, for clients of the API.

Patterns follow ECMA-262 with the flag `u`. Rules that no pattern can express (a number can be dialled) are a `format`.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

type Schema = dict[str, Any]

# Control characters that count as space to Python are trimmed or joined; all others are refused.
_CONTROL_IN_LINE = r"\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f"
_CONTROL_IN_TEXT = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_BLANK = r"\s\u001c-\u001f\u0085\u200b\u200c\u200d\u2060\ufeff\u00ad\u115f\u1160\u3164\uffa0"
_NAME_MARKS = r" .'\u2019\u2018\u02bc\u2010\u2011\u00b7-"
_NAME = rf"^(?=[^\p{{L}}]*\p{{L}})(?!.*\.\p{{L}}{{2}})[\p{{L}}'\u2019\u2018\u02bc][\p{{L}}\p{{M}}{_NAME_MARKS}]*$"


def full_name(max_length: int) -> WithJsonSchema:
    return _text(maxLength=max_length, pattern=_NAME)


def email(max_length: int) -> WithJsonSchema:
    return _text(format="email", maxLength=max_length)


def phone(max_length: int) -> WithJsonSchema:
    return _text(format="phone", maxLength=max_length)


def non_blank_line(max_length: int) -> WithJsonSchema:
    """One line that is not blank."""
    return _text(
        maxLength=max_length, pattern=f"^[^{_CONTROL_IN_LINE}]*[^{_BLANK}{_CONTROL_IN_LINE}][^{_CONTROL_IN_LINE}]*$"
    )


def lines(max_length: int) -> WithJsonSchema:
    """Any number of lines, or none."""
    return _text(maxLength=max_length, pattern=f"^[^{_CONTROL_IN_TEXT}]*$")


@dataclass(frozen=True, slots=True)
class OrBlank:
    """Takes blank text, as no answer, besides the values of the type."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return {"anyOf": [handler(core), {"type": "string", "pattern": r"^\s*$"}]}


@dataclass(frozen=True, slots=True)
class OrAlone:
    """Takes a single code besides a list of codes; if `optional`, also null or blank text for none."""

    codes: tuple[str, ...]
    optional: bool

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        none = [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}] if self.optional else []
        return {"anyOf": [handler(core), {"enum": list(self.codes)}, *none]}


def one_of(*taken: object) -> WithJsonSchema:
    """Takes these values only: a JSON boolean, or a word that stands for it."""
    return WithJsonSchema({"enum": list(taken)})


def _text(**facts: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **facts})
