"""The OpenAPI 3.1 document: operations, the models' schemas, and the errors of `functions.problems.error_table`."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.api.operations import Operation, operations
from functions.api.response_models import REFERENCE, ProblemDetails
from functions.api.rules import with_needs, with_policy
from functions.problems.error_table import problem_of
from functions.problems.problem_details import Problem
from shared.bookings.model.allocation_policy import Policy
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content
from shared.fields.field_schemas import Schema
from shared.referrals.intake.request import referral_model

_AT = "#/components/schemas/{model}"
_HTML: Schema = {"text/html": {}}
_ALLOW: Schema = {"Allow": {"required": True, "schema": {"type": "string"}, "description": "The methods taken here"}}
_RETRY: Schema = {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds"}}
_LOCATION: Schema = {"Location": {"required": True, "schema": {"type": "string"}, "description": "A path on this site"}}


def document(content: Content, policy: Policy) -> Schema:
    """What this service does with these questions, and these mail domains of those who work for the trust."""
    asked = operations(content.one_to_one)
    paths: dict[str, Schema] = defaultdict(dict)
    for each in asked:
        paths[each.path][each.method] = _operation(each)
    return {
        "openapi": "3.1.1",
        "info": {"title": content.service_name, "version": "1", "description": _ABOUT},
        "paths": dict(paths),
        "components": {"schemas": _schemas(asked, content, policy)},
    }


_ABOUT = (
    "Pages and JSON have the same addresses: send `Accept: application/json`. What goes wrong is answered as problem "
    "details (RFC 9457), or as a page where JSON is not preferred. Our own pages post forms to these addresses too; "
    "that is not described here."
)


def _schemas(asked: Iterable[Operation], content: Content, policy: Policy) -> Schema:
    models = {ProblemDetails: "validation"} | {each.body: "validation" for each in asked if each.body}
    models |= {answer: "serialization" for each in asked for answer in each.answers.values()}
    schemas: Schema = models_json_schema(list(models.items()), ref_template=_AT)[1]["$defs"]  # type: ignore[arg-type]  # a Literal, which a plain str is not inferred as
    booking, referral = BookingRequest.__name__, referral_model(content.one_to_one).__name__
    schemas[booking] = with_policy(schemas[booking], policy)
    schemas[referral] = with_needs(schemas[referral], content.one_to_one)
    return schemas


def _operation(asked: Operation) -> Schema:
    described: Schema = {"summary": asked.summary, "responses": _answers(asked) | _problems(asked)}
    if parameters := [*_in_path(asked), *({"name": name, "in": "query", **_TEXT} for name in asked.queries)]:
        described["parameters"] = parameters
    if asked.body:
        described["requestBody"] = {"required": True, "content": {"application/json": _schema_of(asked.body)}}
    return described


_TEXT: Schema = {"required": True, "schema": {"type": "string"}}


def _in_path(asked: Operation) -> list[Schema]:
    schema = {"type": "string", "pattern": REFERENCE}
    return [{"name": "reference", "in": "path", "required": True, "schema": schema}] if "{" in asked.path else []


def _answers(asked: Operation) -> Schema:
    if not asked.answers:
        json: Schema = {"application/json": {"schema": {"type": "object"}}}
        return {"200": {"description": "OK", "content": _HTML if asked.page else json}}
    return {str(status): _answer(asked, model) for status, model in asked.answers.items()}


def _answer(asked: Operation, model: type[BaseModel]) -> Schema:
    content = {"application/json": _schema_of(model)} | (_HTML if asked.page and not asked.body else {})
    located = {"headers": _LOCATION} if asked.locates else {}
    return {"description": model.__name__, "content": content} | located


def _problems(asked: Operation) -> Schema:
    """Every answer to what can go wrong, by status; what the operation answers with the same status stays."""
    found: dict[int, dict[Problem, None]] = defaultdict(dict)
    for error in asked.can_raise:
        found[_row(error).status][_row(error)] = None
    return {str(status): _problem(status, list(rows)) for status, rows in found.items() if status not in asked.answers}


def _row(error: type[Exception]) -> Problem:
    return problem_of(error.__new__(error))  # of its class alone, whatever an instance is made with


def _problem(status: int, rows: list[Problem]) -> Schema:
    told = {"properties": {"type": {"enum": sorted({row.type for row in rows})}, "status": {"const": status}}}
    schema = {"allOf": [{"$ref": _AT.format(model=ProblemDetails.__name__)}, told]}
    titles = "; ".join(sorted({row.title for row in rows}))
    content = {"application/problem+json": {"schema": schema}} | _HTML
    return {"description": titles, "content": content} | _headers(status, rows)


def _headers(status: int, rows: list[Problem]) -> Schema:
    if status == 405:
        return {"headers": _ALLOW}
    return {"headers": _RETRY} if all(row.retry_after for row in rows) else {}


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": _AT.format(model=model.__name__)}}
