"""A form as JSON, for programs: its fields with their choices and limits, and a token as the pages of the form have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from pydantic import BaseModel

from functions.forms.tokens import MAX_AGE, MIN_AGE, issue_token
from shared.fields.field_schemas import BLANK_TEXT
from shared.signing import Signer
from shared.wording.sentences import sentence
from shared.wording.translation import translated

_NOT_ASKED = frozenset({"submission_id", "marker"})


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of the pages about one field. `choices` are pairs of the value sent and its words.

    `needed_if` names another field and those of its values with which this one is asked.
    """

    label: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    needed_if: tuple[str, tuple[str, ...]] | None = None

    def in_language(self, translate: Callable[[str], str]) -> Self:
        """Returns the label, the hint and the choices in the words of `translate`."""
        choices = tuple((value, translated(text, translate)) for value, text in self.choices)
        label, hint = (translated(each, translate) if each else "" for each in (self.label, self.hint))
        return replace(self, label=label, hint=hint, choices=choices)


def token_json(form: str, signer: Signer, now: datetime) -> dict[str, object]:
    """A submission id with its token of `now` (aware), and how old the token has to be and may be, in seconds."""
    submission_id = uuid4().hex
    return {
        "submission_id": submission_id,
        "form_token": issue_token(signer, form, submission_id, now),
        "form_token_from_seconds": int(MIN_AGE.total_seconds()),
        "form_token_until_seconds": int(MAX_AGE.total_seconds()),
    }


def fields_json(model: type[BaseModel], wordings: Mapping[str, Wording]) -> list[dict[str, object]]:
    """The fields of the answers that `model` reads, with its limits."""
    schema = model.model_json_schema()
    properties = {name: each for name, each in schema["properties"].items() if name not in _NOT_ASKED}
    required = schema["required"]
    return [_field(name, each, wordings[name], required=name in required) for name, each in properties.items()]


def _field(name: str, schema: object, wording: Wording, *, required: bool) -> dict[str, object]:
    parts = [part for part in _parts(schema) if part != BLANK_TEXT]
    choices = [{"value": value, "text": text} for value, text in wording.choices] or _yes_or_no(parts)
    condition = wording.needed_if
    return {
        "name": name,
        "label": wording.label,
        "hint": wording.hint,
        "required": required,
        "several": any(part.get("type") == "array" for part in parts),
        "max_length": max((part["maxLength"] for part in parts if "maxLength" in part), default=None),
        "format": next((part["format"] for part in parts if "format" in part), ""),
        "choices": choices,
        "needed_if": {"field": condition[0], "values": list(condition[1])} if condition else None,
    }


def _yes_or_no(parts: list[dict[str, Any]]) -> list[dict[str, object]]:
    listed = [value for part in parts if isinstance(values := part.get("enum"), list) for value in values]
    return [
        {"value": value, "text": sentence("form.yes") if value else sentence("form.no")}
        for value in (True, False)
        if any(value is v for v in listed)
    ]


def _parts(schema: object) -> Iterator[dict[str, Any]]:
    """A JSON Schema and all that it consists of."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from _parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _parts(each)
