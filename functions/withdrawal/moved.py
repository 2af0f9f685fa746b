"""The address of the page to withdraw a form, in the web app: it leads to the worker app, which alone may delete.

Registered in the web app alone. The host is the one of the settings.
"""

import azure.functions as func

from functions.problems.http_errors import PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.responses import respond
from shared.bootstrap import services

bp = func.Blueprint()


@bp.route(route="one-to-one/withdraw", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def withdraw_moved(req: func.HttpRequest) -> func.HttpResponse:
    del req
    worker = services().collect_url
    if not worker:
        raise PageNotFoundError
    return respond("", "text/plain", 303, {"Location": f"{worker}/one-to-one/withdraw"})
