"""Content negotiation: HTML or JSON."""

import azure.functions as func
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from functions.forms.body import HTML, JSON, _content_type


def wants_json(req: func.HttpRequest) -> bool:
    """Whether the answer should be JSON: it was asked for in `Accept` before HTML, or JSON was sent."""
    accepted = parse_accept_header(req.headers.get("accept", ""), MIMEAccept)
    kind = accepted.best_match([HTML, JSON, "application/problem+json"], default=HTML)
    return kind != HTML or _content_type(req) == JSON
