"""The address of links in emails of before, when the web app still took confirmations: it leads to the worker app.

Registered in the web app alone. The host is the one of the settings, whatever the address holds, and the worker checks
the link.
"""

import azure.functions as func

from functions.problems.http_errors import PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.responses import respond
from shared.bootstrap import services

bp = func.Blueprint()


@bp.route(route="acknowledge/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def acknowledge_moved(req: func.HttpRequest) -> func.HttpResponse:
    worker = services().collect_url
    if not worker:
        raise PageNotFoundError
    return respond("", "text/plain", 303, {"Location": worker + path_to("acknowledge", token_of(req))})
