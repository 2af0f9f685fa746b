"""Set-Cookie headers, from the cookies that the runtime took out of a response."""

from collections.abc import Iterable, Iterator
from http.cookies import Morsel, SimpleCookie
from urllib.parse import quote

from local.host.app.runtime import parse_cookie_attr_expires

_UNRESERVED = "-_.~"


def set_cookie_headers(cookies: Iterable[SimpleCookie] | None) -> Iterator[str]:
    """One header for each cookie, printed as ASP.NET prints it: names and values escaped, known attributes only.

    Raises:
        ValueError: an `expires` or `max-age` that the worker could not read; the invocation then fails.
    """
    for jar in cookies or ():
        for name, morsel in jar.items():
            yield "; ".join(_parts(name, morsel))


def _parts(name: str, morsel: Morsel[str]) -> Iterator[str]:
    yield f"{quote(name, safe=_UNRESERVED)}={quote(morsel.value, safe=_UNRESERVED)}"
    expires = parse_cookie_attr_expires(morsel)
    if expires:
        yield f"expires={expires:%a, %d %b %Y %H:%M:%S} GMT"
    if morsel["max-age"]:
        yield f"max-age={int(float(morsel['max-age']))}"
    yield from (f"{attribute}={morsel[attribute]}" for attribute in ("domain", "path") if morsel[attribute])
    if morsel["secure"]:
        yield "secure"
    if str(morsel["samesite"]).lower() in {"lax", "strict", "none"}:
        yield f"samesite={str(morsel['samesite']).lower()}"
    if morsel["httponly"]:
        yield "httponly"
