"""Pages about referrals: they ask no other server for anything, not even for the typeface."""

from urllib.parse import urlsplit

import azure.functions as func

from functions.web.security_headers import PRIVATE_POLICY

_PREFIXES = ("/one-to-one", "/acknowledge", "/collect")
_POLICY = "Content-Security-Policy"


def is_private(req: func.HttpRequest) -> bool:
    """True for the addresses of the referral form, of its status page and of the provider's pages."""
    path: str = urlsplit(req.url).path
    return path.casefold().startswith(_PREFIXES)


def kept_private(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """The response; for one of these pages with a policy under which the browser asks no other server."""
    if is_private(req) and _POLICY in response.headers:
        response.headers[_POLICY] = PRIVATE_POLICY
    return response
