"""JSON Schema rules across fields of a form, which pydantic's schema of single fields does not express."""

import re
from collections.abc import Iterable
from typing import Any

from functions.forms.tokens import TOKEN
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.fields.field_schemas import Schema


def with_policy(schema: Schema, policy: AllocationPolicy) -> Schema:
    """Requires `works_here` of a booking whose email address is in none of the organisation's domains."""
    listed = {"properties": {"email": {"type": "string", "pattern": _domain_pattern(policy.domains)}}}
    answered = {"required": ["works_here"], "properties": {"works_here": {"not": {"type": "null"}}}}
    return schema | {"anyOf": [listed, answered]}


def with_token(schema: Schema) -> Schema:
    """Allows the token of the form, which is no answer and is not required."""
    token = {
        "type": "string",
        "description": "The `form_token` that the form's description offers, with its `submission_id`. Without one, or "
        "with one that is not 3 seconds old or is a day old, the answers are taken as from a program",
    }
    return schema | {"properties": schema["properties"] | {TOKEN: token}}


def with_needs(schema: Schema, form: OneToOne) -> Schema:
    """Requires a conditional question's answer if its condition holds; otherwise any value is ignored."""
    some = [each for each in form.questions if each.ask in schema["properties"] and _is_conditional(each, form)]
    open_to_all = schema["properties"] | {each.ask: {} for each in some}
    rules = [_rule(each, schema["properties"][each.ask]) for each in some]
    return schema | {"properties": open_to_all} | ({"allOf": rules} if rules else {})


def _is_conditional(asked: FormQuestion, form: OneToOne) -> bool:
    return asked.question.needs is not None and asked.question.needs.question in form.asked


def _rule(asked: FormQuestion, member: Schema) -> Schema:
    needs = asked.question.needs
    assert needs is not None, "only called for conditional questions"
    codes = sorted(needs.answers)
    given = {"anyOf": [{"enum": codes}, {"type": "array", "contains": {"enum": codes}}]}
    then: dict[str, Any] = {"properties": {asked.ask: member}}
    if asked.required:
        then = {"required": [asked.ask], "properties": {asked.ask: {"allOf": [member, {"not": {"type": "null"}}]}}}
    return {"if": {"properties": {needs.question: given}, "required": [needs.question]}, "then": then}


def _domain_pattern(domains: Iterable[str]) -> str:
    return rf"@(?:[^@]+\.)?(?:{'|'.join(map(_any_case_pattern, domains))})$"


def _any_case_pattern(domain: str) -> str:
    return "".join(f"[{char}{char.upper()}]" if char.isalpha() else re.escape(char) for char in domain)
