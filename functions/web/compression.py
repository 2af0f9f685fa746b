"""Pages and style sheets go compressed to whoever can read that: a page is then a third to a fifth of the bytes.

No page is at risk from that (the attack called BREACH): it needs a browser that fetches somebody's secret for another
site, and without cookies another site is only ever shown what a stranger is.
"""

import gzip

import azure.functions as func
from werkzeug.http import parse_accept_header

_MIN_BYTES = 1000  # bytes; below that it gains nothing
_LEVEL = 6  # a third of a millisecond for a page


def accepts_gzip(req: func.HttpRequest) -> bool:
    return parse_accept_header(req.headers.get("accept-encoding", ""))["gzip"] > 0


def compressed(req: func.HttpRequest, answer: func.HttpResponse) -> func.HttpResponse:
    """The same answer, compressed if it is a page and the browser takes it so."""
    body = answer.get_body()
    if answer.mimetype != "text/html" or len(body) < _MIN_BYTES or not accepts_gzip(req):
        return answer
    return func.HttpResponse(
        gzip.compress(body, _LEVEL, mtime=0),
        status_code=answer.status_code,
        mimetype=answer.mimetype,
        headers={**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
    )
