"""HTTP answers: pages, JSON, problem details, and the decorator that turns a handler's exceptions into them."""

import functools
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from functions.forms.body import FieldError, FormError, wants_json
from functions.forms.csrf import is_foreign
from functions.problems.error_table import ForeignOriginError, MethodError, Problem, problem_of
from functions.web import error_log, render
from functions.web.compression import packed
from functions.web.security_headers import SECURITY_HEADERS
from shared.config.settings import SettingsError
from shared.content.content import Content, ContentError


def respond(
    body: str | bytes, mimetype: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """The answer that all others are made of, with the security headers; those in `headers` win over them."""
    return func.HttpResponse(
        body, status_code=status, mimetype=mimetype, headers={**SECURITY_HEADERS, **(headers or {})}
    )


def page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    return respond(html, "text/html", status, headers)


def json_body(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    return respond(json.dumps(data), "application/json", status, headers)


def see_other(location: str) -> func.HttpResponse:
    """Sends the browser on with a GET, so that going back or reloading does not send the form again.

    Raises:
        ValueError: `location` is not a path on this site.
    """
    if not location.startswith("/") or location.startswith(("//", "/\\")):
        raise ValueError("only a path on this site")
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


@dataclass(frozen=True, slots=True)
class Site:
    """What an answer needs to know of the service: its copy, and the address under which people know it."""

    content: Content | None
    url: str


@dataclass(frozen=True, slots=True)
class Answering:
    """A decorator for synchronous HTTP handlers whose request is called `req`.

    Exceptions become the answers that `functions.problems.error_table` lists: problem details where JSON is wanted,
    else a page. Forms that another site sent are refused. `site` is asked when it is needed; where it raises
    `SettingsError` or `ContentError` the page goes without its copy.
    """

    site: Callable[[], Site]

    def __call__[**P](self, handler: Callable[P, func.HttpResponse]) -> Callable[P, func.HttpResponse]:
        signature = inspect.signature(handler)

        @functools.wraps(handler)  # the Functions indexer reads names and annotations of the parameters
        def answer(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
            req = signature.bind(*args, **kwargs).arguments["req"]
            try:
                if is_foreign(req, lambda: self._known_site().url):
                    raise ForeignOriginError  # noqa: TRY301  # answered like every other refusal
                return packed(req, handler(*args, **kwargs))
            except Exception as error:  # noqa: BLE001  # what escapes is logged by the host, message and all
                return packed(req, self._answer(req, error))

        return answer

    def _known_site(self) -> Site:
        try:
            return self.site()
        except (SettingsError, ContentError):
            return Site(None, "")

    def _answer(self, req: func.HttpRequest, error: Exception) -> func.HttpResponse:
        found = problem_of(error)
        errors = error.errors if isinstance(error, FormError) else ()
        code = error_log.log(error, found)
        headers = _headers(error, found)
        if wants_json(req):
            return problem(
                found.status, found.title, found.detail, errors, found.type, correlation=code, headers=headers
            )
        site = self._known_site()
        facts = {"problem": found, "errors": errors, "correlation": code, "site": site.url}
        return page(render.render(found.template, site.content, **facts), found.status, headers)


def _headers(error: Exception, found: Problem) -> dict[str, str]:
    if isinstance(error, MethodError):
        return {"Allow": ", ".join(error.allowed)}
    return {} if found.retry_after is None else {"Retry-After": str(found.retry_after)}


def _service_site() -> Site:
    from shared.bootstrap import services  # noqa: PLC0415  # answers are also built where no service is

    built = services()
    return Site(built.content, built.site_url)


answering = Answering(_service_site)
