"""gzip compression of pages for clients that accept it: a third to a fifth of the bytes.

No page is open to the BREACH attack: it needs another site to make a browser fetch a page with that person's secret,
and without cookies another site only gets what any stranger gets.
"""

import gzip

import azure.functions as func
from werkzeug.http import parse_accept_header

from functions.forms.request_values import header

_MIN_BYTES = 1000  # bytes; compression gains nothing below
_ACCEPT_ENCODING = "Accept-Encoding"
_LEVEL = 6  # a third of a millisecond for a page


def accepts_gzip(req: func.HttpRequest) -> bool:
    return parse_accept_header(header(req, "accept-encoding"))["gzip"] > 0


def compressed(req: func.HttpRequest, answer: func.HttpResponse) -> func.HttpResponse:
    """The same answer, compressed if it is a page and the client accepts gzip."""
    body = answer.get_body()
    if answer.mimetype != "text/html" or len(body) < _MIN_BYTES or not accepts_gzip(req):
        return answer
    return func.HttpResponse(
        gzip.compress(body, _LEVEL, mtime=0),
        status_code=answer.status_code,
        mimetype=answer.mimetype,
        headers={**answer.headers, "Content-Encoding": "gzip", "Vary": _varying(answer)},
    )


def _varying(answer: func.HttpResponse) -> str:
    """The request headers on which the compressed answer depends."""
    own = answer.headers.get("Vary")
    return f"{own}, {_ACCEPT_ENCODING}" if own else _ACCEPT_ENCODING
