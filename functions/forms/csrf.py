"""Whether a form was sent from a page of this service."""

from collections.abc import Callable
from urllib.parse import urlsplit

import azure.functions as func

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = frozenset({("http", 80), ("https", 443)})


def is_cross_site(req: func.HttpRequest, site_url: Callable[[], str]) -> bool:
    """Whether a page of another site made a browser send this; never so for methods that change nothing.

    `site_url` is the address under which people know the service, asked for only when the request's own differs.
    """
    if req.method in _SAFE_METHODS:
        return False
    if req.headers.get("sec-fetch-site", "").casefold() == "cross-site":
        return True
    origin = req.headers.get("origin", "")
    # `null` is what browsers send for our own forms too, because our pages ask for no referrer (Fetch standard, 3.2).
    return origin not in {"", "null"} and _host(origin) != _host(req.url) and _host(origin) != _host(site_url())


def _host(url: str) -> str:
    """Host and port; a scheme's own port is left out, as browsers leave it out of `Origin`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    default = port is None or (parts.scheme, port) in _DEFAULT_PORTS
    return f"{parts.hostname or ''}:{'' if default else port}"
