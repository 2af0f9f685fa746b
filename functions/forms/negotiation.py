"""Content negotiation: HTML or JSON."""

import azure.functions as func
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from functions.forms.body import HTML, JSON, content_type
from functions.forms.request_values import header


def wants_json(req: func.HttpRequest) -> bool:
    """True if the client prefers JSON: `Accept` ranks it above HTML, or the request itself is JSON."""
    accepted = parse_accept_header(header(req, "accept"), MIMEAccept)
    kind = accepted.best_match([HTML, JSON, "application/problem+json"], default=HTML)
    return kind != HTML or content_type(req) == JSON
