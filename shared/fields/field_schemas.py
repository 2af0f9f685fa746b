"""JSON Schemas of the checks in `shared.fields.field_types`, for clients of the API.

Patterns follow ECMA-262 with the flag `u`. Rules that no pattern can express (a number can be dialled) are a `format`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from shared.fields.person_name import DIGITS, DROPPED, FOLDED, JOINED, MARKS_IN_A_ROW, NAME_MARKS
from shared.fields.reading import LONGEST_BLANK
from shared.fields.signs import BLANKS, DASHES, FILLERS, INVISIBLE_ENDS, JOINERS, SPACES

type Schema = dict[str, Any]

# Control characters that count as space to Python are trimmed or joined; all others are refused.
_CONTROL_IN_LINE = r"\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f"
_CONTROL_IN_TEXT = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_BLANK = r"\s\u001c-\u001f\u0085\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u2800\u3164\uffa0"
BLANK_TEXT: Schema = {"type": "string", "maxLength": LONGEST_BLANK, "pattern": r"^\s*$"}
"""Blank text, which some fields take as no answer: its length is no limit of theirs."""


def _signs(chars: Iterable[str]) -> str:
    """The characters, as they are written between the brackets of a class: neighbours as a range."""
    codes, found = sorted(map(ord, chars)), ""
    for _, run in groupby(enumerate(codes), lambda each: each[1] - each[0]):
        _, *rest = own = [code for _, code in run]
        found += _sign(own[0]) + ("-" if len(rest) > 1 else "") + (_sign(rest[-1]) if rest else "")
    return found


def _sign(code: int) -> str:
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR_DIGITS else f"\\u{{{code:x}}}"


_LAST_OF_FOUR_DIGITS = 0xFFFF
_ANY = r"[\s\S]*"
_OF_A_WORD = r"\p{L}\p{M}\p{N}"
_FOLDED_IN_NAME = {chr(code) for code in FOLDED} | set(NAME_MARKS)
_NAME_FIRST = rf"\p{{L}}\p{{N}}{_signs(_FOLDED_IN_NAME - set(SPACES + DASHES + DROPPED + '-'))}"
_NAME_ENDS = f"[{_signs(BLANKS + INVISIBLE_ENDS)}]*"
_NAME_INNER = f"[{_OF_A_WORD}{_signs(_FOLDED_IN_NAME)}]"
_JOINED = "".join(f"{_sign(ord(first))}-{_sign(ord(last))}" for first, last in JOINED)
_UNSEEN = f"[{_signs(DROPPED)}]"
_LETTER_OR_MARK = f"(?!{_UNSEEN})[{_OF_A_WORD}]"
_JOINABLE = f"(?=[{_JOINED}]){_LETTER_OR_MARK}"
_NAME_JOINER = f"{_JOINABLE}{_UNSEEN}*[{_signs(JOINERS)}]{_UNSEEN}*(?={_JOINABLE})"
_LINK = rf"[.\uff0e]{_UNSEEN}*(?![\p{{Lu}}\p{{Lt}}]){_LETTER_OR_MARK}{_UNSEEN}*{_LETTER_OR_MARK}"
_PHONE_NUMBER = rf"(?:[^\p{{Nd}}\p{{No}}]*[\p{{Nd}}\p{{No}}]){{{DIGITS + 1}}}"
_MARKS = rf"(?:(?!{_UNSEEN})\p{{M}}[{_signs(DROPPED + JOINERS)}]*){{{MARKS_IN_A_ROW + 1}}}"
_NAME = (
    rf"^(?=[^\p{{L}}]*\p{{L}})(?!{_ANY}[{_signs(FILLERS)}])(?!{_ANY}{_LINK})(?!{_PHONE_NUMBER})(?!{_ANY}{_MARKS})"
    rf"{_NAME_ENDS}(?:(?=[{_NAME_FIRST}]){_NAME_JOINER}|[{_NAME_FIRST}])(?:{_NAME_JOINER}|{_NAME_INNER})*{_NAME_ENDS}$"
)


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
        return {"anyOf": [handler(core), BLANK_TEXT]}


@dataclass(frozen=True, slots=True)
class OrAlone:
    """Takes a single code besides a list of codes; if `optional`, also null or blank text for none."""

    codes: tuple[str, ...]
    optional: bool

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        none = [{"type": "null"}, BLANK_TEXT] if self.optional else []
        return {"anyOf": [handler(core), {"enum": list(self.codes)}, *none]}


def one_of(*taken: object) -> WithJsonSchema:
    """Takes these values only: a JSON boolean, or a word that stands for it."""
    return WithJsonSchema({"enum": list(taken)})


def _text(**facts: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **facts})
