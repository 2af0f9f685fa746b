"""The start page: the two kinds of support, and where to turn to at once."""

import azure.functions as func

from functions.web.render import render
from functions.web.responses import answering, page
from shared.bootstrap import services

bp = func.Blueprint()


# An empty route would mean the function's name; this is how the host is given the address of the site itself.
@bp.route(route="{root:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def start(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    return page(render("start.html", built.content, closed=built.closed))
