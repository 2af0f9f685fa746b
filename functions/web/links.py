"""Pages that are addressed by a signed token, as /manage/TOKEN."""

from urllib.parse import quote

import azure.functions as func

from functions.forms.request_values import route_value


def token_of(req: func.HttpRequest) -> str:
    """The token in the request's address; empty if there is none."""
    return route_value(req, "token")


def path_to(page: str, token: str) -> str:
    """The path of a page for this token, without a slash at its end: `path_to("manage", "abc")` is /manage/abc."""
    return f"/{page}/{quote(token, safe='')}"
