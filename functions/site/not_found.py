"""Catch-all route, so that "not found" also is a page of the service with its security headers.

It answers OPTIONS for every address but the list of sessions: with the methods taken there, and without CORS headers,
so that a page of another site may send nothing but a form, which is refused, and read no answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import azure.functions as func

from functions.forms.request_values import route_value
from functions.problems.http_errors import MethodNotAllowedError, PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.responses import respond

# The host tries functions in the order of their names, checking each one's methods first: this must be the last.
_FUNCTION_NAME = "zz_elsewhere"
_OPTIONS = "OPTIONS"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", _OPTIONS]


def catch_all_blueprint(blueprints: Iterable[func.Blueprint]) -> func.Blueprint:
    """The blueprint for all other addresses: 405 if the address exists with another method, else 404; OPTIONS: 204."""
    bp = func.Blueprint()
    routes = Routes(lambda: routes_of(blueprints))

    @bp.function_name(_FUNCTION_NAME)
    @bp.route(route="{*path}", methods=_METHODS, auth_level=func.AuthLevel.ANONYMOUS)
    @handle_errors
    def elsewhere(req: func.HttpRequest) -> func.HttpResponse:
        allowed = routes.methods_at(route_value(req, "path", too_long="/"))
        if req.method == _OPTIONS:
            return respond("", "text/plain", 204, {"Allow": ", ".join(sorted(allowed | {_OPTIONS}))})
        if allowed and req.method not in allowed:
            raise MethodNotAllowedError(allowed | {_OPTIONS})
        raise PageNotFoundError

    return bp


_PART = re.compile(
    r"(?P<slash>/)?\{(?P<all>\*)?\w+(?::(?P<kind>length|maxlength)\((?P<count>\d+)\))?(?P<optional>\?)?\}"
)


@dataclass(frozen=True)
class Routes:
    """The routes of an app, each a template and its methods, loaded on the first look-up."""

    load: Callable[[], Iterable[tuple[str, frozenset[str]]]]

    def methods_at(self, path: str) -> frozenset[str]:
        """The methods allowed at this path (no leading slash); empty if no function has it."""
        found = (methods for pattern, methods in self._patterns if pattern.fullmatch(path))
        return frozenset().union(*found)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        return [(_pattern(template), methods) for template, methods in self.load()]


def routes_of(blueprints: Iterable[func.Blueprint]) -> Iterator[tuple[str, frozenset[str]]]:
    """The route template and the methods of every HTTP function of these blueprints."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    for each in blueprints:
        app.register_functions(each)
    for function in app.get_functions():
        for binding in function.get_bindings():
            binding_dict = binding.get_dict_repr()
            if binding_dict["type"] == "httpTrigger":
                yield binding_dict["route"], frozenset(str(method) for method in binding_dict["methods"])


def _pattern(template: str) -> re.Pattern[str]:
    text, end = "", 0
    for part in _PART.finditer(template):
        text += re.escape(template[end : part.start()]) + _piece(part)
        end = part.end()
    return re.compile(text + re.escape(template[end:]), re.IGNORECASE)


def _piece(part: re.Match[str]) -> str:
    piece = (part["slash"] or "") + _segment(part)
    # The slash belongs to an optional part; the address of the site itself has none.
    return f"(?:{piece})?" if part["optional"] else piece


def _segment(part: re.Match[str]) -> str:
    if part["all"]:
        return ".*"
    match part["kind"]:
        case "length":
            return f"[^/]{{{part['count']}}}"
        case "maxlength":
            return f"[^/]{{0,{part['count']}}}"
        case _:
            return "[^/]+"
