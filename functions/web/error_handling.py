"""The decorator of every HTTP handler: an exception becomes an answer that the caller can read."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func

from functions.forms.csrf import is_cross_site, is_sent_by
from functions.forms.negotiation import wants_json
from functions.forms.validation import FieldError, FormError
from functions.problems.error_table import problem_of
from functions.problems.http_errors import CrossSiteFormError, MethodNotAllowedError
from functions.problems.problem_details import Problem
from functions.web import error_log, render
from functions.web.compression import compressed
from functions.web.links import without_stuck_signs
from functions.web.private_pages import is_private, kept_private
from functions.web.responses import page, problem, see_other
from shared.config.settings import SettingsError
from shared.content.content import Content, ContentError

_READS = frozenset({"GET", "HEAD"})
_FOR_STAFF, _FOR_PROVIDER = "problem.html", "provider/problem.html"


@dataclass(frozen=True, slots=True)
class Site:
    """The content and public address that error pages need; no content if it cannot be loaded.

    `is_worker`: this app has none of the pages for staff that a page's header and footer lead to.
    """

    content: Content | None
    url: str
    is_worker: bool = False


@dataclass(frozen=True, slots=True)
class ErrorHandling:
    """A decorator for synchronous HTTP handlers whose request is called `req`.

    Exceptions become the answers that `functions.problems.error_table` lists: problem details if the client prefers
    JSON, else a page. A link that is not found, and to whose end something seems stuck, leads to the link without it.
    Cross-site forms are refused, except those of pages of `origins`. `site` is called when it is needed; if it raises
    `SettingsError` or `ContentError`, the page is rendered without the content.
    """

    site: Callable[[], Site]
    origins: Callable[[], frozenset[str]] = frozenset

    def __call__[**P](self, handler: Callable[P, func.HttpResponse]) -> Callable[P, func.HttpResponse]:
        signature = inspect.signature(handler)

        @functools.wraps(handler)  # the Functions indexer reads names and annotations of the parameters
        def answer(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
            req = signature.bind(*args, **kwargs).arguments["req"]
            try:
                if is_cross_site(req, lambda: self._known_site().url) and not is_sent_by(req, self.origins()):
                    raise CrossSiteFormError  # noqa: TRY301  # answered like every other refusal
                return compressed(req, kept_private(req, handler(*args, **kwargs)))
            except Exception as error:  # noqa: BLE001  # what escapes is logged by the host, message and all
                return compressed(req, kept_private(req, self._answer(req, error)))

        return answer

    def _known_site(self) -> Site:
        try:
            return self.site()
        except (SettingsError, ContentError):
            return Site(None, "")

    def _answer(self, req: func.HttpRequest, error: Exception) -> func.HttpResponse:
        found = problem_of(error)
        if found.status == HTTPStatus.NOT_FOUND and req.method in _READS and (clean := without_stuck_signs(req)):
            return see_other(clean)
        errors = error.errors if isinstance(error, FormError) else ()
        code = error_log.log(error, found)
        headers = _headers(error, found)
        site = self._known_site()
        if wants_json(req):
            if site.content:
                found, errors = _in_language(found, errors, site.content)
            return problem(
                found.status, found.title, found.detail, errors, found.type, correlation=code, headers=headers
            )
        facts = {"problem": found, "errors": errors, "correlation": code, "site": site.url}
        facts["is_private"] = is_private(req)
        template = _FOR_PROVIDER if site.is_worker and found.template == _FOR_STAFF else found.template
        return page(render.render(template, site.content, **facts), found.status, headers)


def _in_language(
    found: Problem, errors: tuple[FieldError, ...], content: Content
) -> tuple[Problem, tuple[FieldError, ...]]:
    told = found.for_organisation(content.organisation.name, content.translate)
    return told, tuple(each.in_language(content.translate) for each in errors)


def _headers(error: Exception, found: Problem) -> dict[str, str]:
    if isinstance(error, MethodNotAllowedError):
        return {"Allow": ", ".join(error.allowed)}
    return {} if found.retry_after is None else {"Retry-After": str(found.retry_after)}


def _service_site() -> Site:
    from shared.bootstrap import Role, role, services  # noqa: PLC0415  # answers are also built where no service is

    built = services()
    return Site(built.content, built.site_url, is_worker=role() is Role.WORKER)


handle_errors = ErrorHandling(_service_site)
