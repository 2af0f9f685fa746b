"""Protection against cross-site request forgery (CSRF)."""

from collections.abc import Callable
from urllib.parse import urlsplit

import azure.functions as func

from functions.forms.request_values import header

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = frozenset({("http", 80), ("https", 443)})


def is_cross_site(req: func.HttpRequest, site_url: Callable[[], str]) -> bool:
    """True if the request is a cross-site form post (CSRF). Always false for safe methods.

    `site_url` returns the public address of the service; it is called only if the request's own host differs.
    """
    if req.method in _SAFE_METHODS:
        return False
    if header(req, "sec-fetch-site").casefold() == "cross-site":
        return True
    origin = header(req, "origin")
    # Browsers send `null` for our own forms too, because our pages ask for no referrer (Fetch standard, 3.2).
    return origin not in {"", "null"} and _host(origin) != _host(req.url) and _host(origin) != _host(site_url())


def _host(url: str) -> str:
    """Host and port, without a scheme's default port, as browsers write `Origin`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    default = port is None or (parts.scheme, port) in _DEFAULT_PORTS
    return f"{parts.hostname or ''}:{'' if default else port}"
