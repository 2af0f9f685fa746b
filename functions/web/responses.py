"""HTTP responses: pages, JSON, redirects and problem details."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import azure.functions as func

from functions.forms.validation import FieldError
from functions.web.security_headers import SECURITY_HEADERS


def respond(
    body: str | bytes, mimetype: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """A response with the security headers, which `headers` override."""
    return func.HttpResponse(
        body, status_code=status, mimetype=mimetype, headers={**SECURITY_HEADERS, **(headers or {})}
    )


def page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    return respond(html, "text/html", status, headers)


def form_page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """A page that answers a form and may lie on someone's way back: the browser's own Back shows it from its cache.

    Not for a referral: the cache is on disk. `no-store` pages that were posted end at an error page of the browser's.
    """
    return page(html, status, {"Cache-Control": "private, no-cache", **(headers or {})})


def json_body(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    return respond(json.dumps(data), "application/json", status, headers)


def see_other(location: str) -> func.HttpResponse:
    """Redirects to a GET, so that going back or reloading does not send the form again.

    Raises:
        ValueError: `location` is not a path on this site.
    """
    if not location.startswith("/") or location.startswith(("//", "/\\")):
        raise ValueError("location must be a path on this site")
    return respond("", "text/plain", 303, {"Location": location})


def problem(  # noqa: PLR0913  # the members of RFC 9457, most of them optional
    status: int,
    title: str,
    detail: str,
    errors: Iterable[FieldError] = (),
    kind: str = "about:blank",
    *,
    correlation: str = "",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """RFC 9457 problem details: `kind` is its type URI; `errors` point into the JSON that was sent (RFC 6901)."""
    members: dict[str, Any] = {"type": kind, "title": title, "status": status, "detail": detail}
    listed = [_member_error(error) for error in errors]
    members |= {"errors": listed} if listed else {}
    members |= {"correlation": correlation} if correlation else {}
    return respond(json.dumps(members), "application/problem+json", status, headers)


def _member_error(error: FieldError) -> dict[str, str]:
    pointer = f"#/{error.field}" if error.field else "#"
    return {"field": error.field, "pointer": pointer, "detail": error.message}
