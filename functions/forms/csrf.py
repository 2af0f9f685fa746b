"""Protection against cross-site request forgery (CSRF)."""

from collections.abc import Callable
from urllib.parse import urlsplit

import azure.functions as func

from functions.forms.request_values import header

_OUR_PAGES = frozenset({"", "none", "same-origin"})  # empty: a program, or a browser from before Fetch Metadata
_SAME_SITE = "same-site"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = frozenset({("http", 80), ("https", 443)})


def is_cross_site(req: func.HttpRequest, site_url: Callable[[], str]) -> bool:
    """True if a page of another origin sent this form (CSRF). Always false for safe methods.

    Also if that page is on another host of the same organisation ("same-site", Fetch Metadata).
    `site_url` returns the public address of the service; it is called only if the request's own host differs.
    """
    if req.method in _SAFE_METHODS:
        return False
    sender, origin = header(req, "sec-fetch-site").casefold(), header(req, "origin")
    if sender not in _OUR_PAGES | {_SAME_SITE}:
        return True
    # Browsers send `null` for our own forms too, because our pages ask for no referrer (Fetch standard, 3.2).
    if origin in {"", "null"}:
        return sender == _SAME_SITE
    return _host(origin) != _host(req.url) and _host(origin) != _host(site_url())


def is_sent_by(req: func.HttpRequest, origins: frozenset[str]) -> bool:
    """True if a page of exactly one of these origins sent the request. They are as browsers write them."""
    return header(req, "origin") in origins


def _host(url: str) -> str:
    """Host and port, without a scheme's default port, as browsers write `Origin`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    default = port is None or (parts.scheme, port) in _DEFAULT_PORTS
    return f"{parts.hostname or ''}:{'' if default else port}"
