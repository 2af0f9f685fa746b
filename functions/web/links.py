"""Pages that are addressed by a signed token, as /manage/TOKEN."""

import re
from urllib.parse import quote

import azure.functions as func

from functions.forms.request_values import route_value

# The signs of base64url, in which every token is written.
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


def token_of(req: func.HttpRequest) -> str:
    """The token in the request's address, as `token_in` reads it; empty if there is none."""
    return token_in(route_value(req, "token"))


def token_in(text: str) -> str:
    """The token at the start of a text, without whatever email programmes and people leave stuck to its end.

    A full stop, a bracket, a quotation mark, a space that was encoded twice or the rest of an HTML entity is no part of
    a token, and nor is anything that follows such a sign. Signs before a token are left out too.
    """
    found = _TOKEN.search(text)
    return found[0] if found else ""


def path_to(page: str, token: str) -> str:
    """The path of a page for this token, without a slash at its end: `path_to("manage", "abc")` is /manage/abc."""
    return f"/{page}/{quote(token, safe='')}"
