"""Every address that no other function takes, so that even "not found" is a page of ours with our headers."""

from collections.abc import Iterable

import azure.functions as func

from functions.problems.error_table import MethodError, PageUnknownError
from functions.site.routes import Routes, routes_of
from functions.web.responses import answering

# The host tries functions in the order of their names and asks the method of each first, so this has to be the last.
_LAST = "zz_elsewhere"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def after(blueprints: Iterable[func.Blueprint]) -> func.Blueprint:
    """The blueprint for whatever these leave over: 405 where another method is taken, else 404."""
    bp = func.Blueprint()
    routes = Routes(lambda: routes_of(blueprints))

    @bp.function_name(_LAST)
    @bp.route(route="{*path}", methods=_METHODS, auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    def elsewhere(req: func.HttpRequest) -> func.HttpResponse:
        allowed = routes.methods_at(req.route_params.get("path", ""))
        if allowed and req.method not in allowed:
            raise MethodError(allowed)
        raise PageUnknownError

    return bp
