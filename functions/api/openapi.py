"""Route of the OpenAPI document."""

import azure.functions as func

from functions.web.error_handling import handle_errors
from functions.web.responses import json_body
from shared.bootstrap import services

bp = func.Blueprint()


@bp.route(route="openapi.json", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def openapi_document(req: func.HttpRequest) -> func.HttpResponse:
    from functions.api.document import document  # noqa: PLC0415  # only this function needs every schema

    del req
    built = services()
    return json_body(document(built.content, built.bookings.policy))
