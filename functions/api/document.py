"""The OpenAPI 3.1 document: operations, the models' schemas, and the errors of `functions.problems.error_table`."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from functions.api.operations import Operation, operations
from functions.api.response_models import ProblemDetails
from functions.api.rules import with_needs, with_policy, with_token
from functions.problems.error_table import problem_of
from functions.problems.problem_details import Problem
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content
from shared.fields.field_schemas import Schema
from shared.referrals.intake.request import referral_model

_SCHEMA_REF = "#/components/schemas/{model}"
_HTML: Schema = {"text/html": {}}
_ALLOW: Schema = {"Allow": {"required": True, "schema": {"type": "string"}, "description": "The methods taken here"}}
_RETRY: Schema = {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds"}}
_LOCATION: Schema = {"Location": {"required": True, "schema": {"type": "string"}, "description": "A path on this site"}}


def document(content: Content, policy: AllocationPolicy) -> Schema:
    """The document for these questions and for the organisation's email domains, which decide on required answers."""
    listed = operations(content)
    paths: dict[str, Schema] = defaultdict(dict)
    for each in listed:
        paths[each.path][each.method] = _operation(each, content.organisation.name)
    return {
        "openapi": "3.1.1",
        "info": {"title": content.service_name, "version": "1", "description": _DESCRIPTION},
        "paths": dict(paths),
        "components": {"schemas": _schemas(listed, content, policy)},
    }


_DESCRIPTION = (
    "Pages and JSON have the same addresses: send `Accept: application/json`. What goes wrong is answered as problem "
    "details (RFC 9457), or as a page where JSON is not preferred. Our own pages post forms to these addresses too; "
    "that is not described here."
)


def _schemas(listed: Iterable[Operation], content: Content, policy: AllocationPolicy) -> Schema:
    models: dict[type[BaseModel], JsonSchemaMode] = {ProblemDetails: "validation"}
    models |= {each.body: "validation" for each in listed if each.body}
    models |= {answer: "serialization" for each in listed for answer in each.answers.values()}
    schemas: Schema = models_json_schema(list(models.items()), ref_template=_SCHEMA_REF)[1]["$defs"]
    if content.has_groups:
        booking = BookingRequest.__name__
        schemas[booking] = with_token(with_policy(schemas[booking], policy))
    if content.has_one_to_one:
        referral = referral_model(content.one_to_one).__name__
        schemas[referral] = with_token(with_needs(schemas[referral], content.one_to_one))
    return schemas


def _operation(operation: Operation, organisation: str) -> Schema:
    responses = _answers(operation) | _problems(operation, organisation)
    described: Schema = {"summary": operation.summary, "responses": responses}
    if parameters := _in_path(operation):
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"required": True, "content": {"application/json": _schema_of(operation.body)}}
    return described


def _in_path(operation: Operation) -> list[Schema]:
    token = {
        "name": "token",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    }
    return [token] if "{token}" in operation.path else []


def _answers(operation: Operation) -> Schema:
    if operation.media_type:
        return {"200": {"description": "OK", "content": {operation.media_type: {}}}}
    if not operation.answers:
        json: Schema = {"application/json": {"schema": {"type": "object"}}}
        return {"200": {"description": "OK", "content": _HTML if operation.page else json}}
    return {str(status): _answer(operation, model) for status, model in operation.answers.items()}


def _answer(operation: Operation, model: type[BaseModel]) -> Schema:
    content = {"application/json": _schema_of(model)} | (_HTML if operation.page and not operation.body else {})
    location = {"headers": _LOCATION} if operation.has_location else {}
    return {"description": model.__name__, "content": content} | location


def _problems(operation: Operation, organisation: str) -> Schema:
    """The error responses by status, without statuses that the operation itself answers with."""
    found: dict[int, dict[Problem, None]] = defaultdict(dict)
    for error in operation.can_raise:
        row = _row(error).for_organisation(organisation)
        found[row.status][row] = None
    return {
        str(status): _problem(status, list(rows)) for status, rows in found.items() if status not in operation.answers
    }


def _row(error: type[Exception]) -> Problem:
    return problem_of(error.__new__(error))  # the class decides, whatever its constructor takes


def _problem(status: int, rows: list[Problem]) -> Schema:
    fixed = {"properties": {"type": {"enum": sorted({row.type for row in rows})}, "status": {"const": status}}}
    schema = {"allOf": [{"$ref": _SCHEMA_REF.format(model=ProblemDetails.__name__)}, fixed]}
    titles = "; ".join(sorted({row.title for row in rows}))
    content = {"application/problem+json": {"schema": schema}} | _HTML
    return {"description": titles, "content": content} | _headers(status, rows)


def _headers(status: int, rows: list[Problem]) -> Schema:
    if status == 405:
        return {"headers": _ALLOW}
    return {"headers": _RETRY} if all(row.retry_after for row in rows) else {}


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": _SCHEMA_REF.format(model=model.__name__)}}
