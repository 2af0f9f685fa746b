"""Pages that are addressed by a signed token, as /manage/TOKEN."""

import re
from urllib.parse import quote, unquote, urlsplit

import azure.functions as func

from functions.forms.request_values import VALUE_LENGTH, route_value

# The signs of base64url, in which every token is written.
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_ALSO_OF_A_TOKEN = "-_"
_MOST_STUCK = 4  # signs that are tried one by one: a token may end in such a sign itself


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


def without_stuck_signs(req: func.HttpRequest) -> str:
    """The path of a page that was not found without what seems stuck to its end; empty if nothing does.

    For signs that `token_in` cannot leave out: a slash, which begins another part of the path, and one that a token may
    have as well, of which one is left out at a time: the token's signature says which was the last of its own.
    """
    path = unquote(str(urlsplit(req.url).path))
    end = max((place for place, char in enumerate(path, 1) if char.isascii() and char.isalnum()), default=0)
    stuck = path[end:]
    of_a_token = len(stuck) - len(stuck.lstrip(_ALSO_OF_A_TOKEN))
    if of_a_token == len(stuck):
        of_a_token = max(of_a_token - 1, 0) if of_a_token <= _MOST_STUCK else 0
    parts = [part for part in path[: end + of_a_token].split("/") if part]
    is_link = bool(stuck) and len(parts) > 1 and len(path) <= VALUE_LENGTH
    return quote("/" + "/".join(parts)) if is_link else ""


def path_to(page: str, token: str) -> str:
    """The path of a page for this token, without a slash at its end: `path_to("manage", "abc")` is /manage/abc."""
    return f"/{page}/{quote(token, safe='')}"
