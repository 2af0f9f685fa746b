"""Cross-origin resource sharing (CORS), for the one answer that pages of other origins may read: the list of sessions.

Cookies and sign-ins are never part of it, since the service has none.
"""

import azure.functions as func

from functions.forms.csrf import is_sent_by
from functions.forms.request_values import header
from functions.web.responses import respond

_METHODS = "GET, HEAD"
# What libraries add by themselves to a request that is a plain read otherwise.
_HEADERS = "Content-Type, X-Requested-With"
_KEPT = "600"  # seconds


def readable_from(req: func.HttpRequest, answer: func.HttpResponse, origins: frozenset[str]) -> func.HttpResponse:
    """The answer, which scripts on pages of exactly these origins may read (Fetch standard, section 3.3)."""
    if origins:
        answer.headers["Vary"] = "Origin"  # also for others: a cache must not give them an origin's answer
    if is_sent_by(req, origins):
        answer.headers["Access-Control-Allow-Origin"] = header(req, "origin")
    return answer


def preflight(req: func.HttpRequest, origins: frozenset[str]) -> func.HttpResponse:
    """The answer to OPTIONS: the methods of the address and, to pages of these origins, what they may ask for."""
    allowed = {"Allow": f"{_METHODS}, OPTIONS"}
    if is_sent_by(req, origins):
        allowed |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _KEPT,
        }
    return readable_from(req, respond("", "text/plain", 204, allowed), origins)
