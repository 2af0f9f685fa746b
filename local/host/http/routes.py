"""Finds the function that answers a request."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local.host.app.functions import Function, HttpTrigger
from local.host.errors import HostStartError
from local.host.http.templates import Segment, Template, parse_template

_log = logging.getLogger("functions.host")

_RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Route:
    function: Function
    trigger: HttpTrigger
    template: Template

    def takes(self, method: str) -> bool:
        return self.trigger.methods is None or method in self.trigger.methods


class Routes:
    """The routes of an app, tried in the alphabetical order of their functions' names.

    That is what Azure does, and not what ASP.NET does elsewhere: `{id}` of a function `a` hides `recent` of a
    function `b`. The method belongs to the route, so a request with another one is not found: 404, never 405.
    """

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        """Raises HostStartError for a route that Azure refuses: reserved, in conflict with another, or malformed."""
        # Compared as .NET's OrdinalIgnoreCase does, by capital letters.
        ordered = sorted(functions, key=lambda function: function.name.upper())
        self._routes = [
            Route(function, function.trigger, _template(function.name, function.trigger, prefix))
            for function in ordered
            if isinstance(function.trigger, HttpTrigger)
        ]
        for position, route in enumerate(self._routes):
            for other in self._routes[:position]:
                _compare(route, other)

    def find(self, method: str, path: Sequence[str]) -> tuple[Route, dict[str, str]] | None:
        """The route that takes the request, with its values. `path` is decoded and cut at its slashes."""
        for route in self._routes:
            values = route.template.match(path) if route.takes(method) else None
            if values is not None:
                return route, values
        return None


def _template(name: str, trigger: HttpTrigger, prefix: str) -> Template:
    if trigger.route.lower().startswith(_RESERVED):
        raise HostStartError(
            f"Function {name}: the route '{trigger.route}' begins with admin or runtime, which are reserved."
        )
    try:
        return parse_template(f"{prefix}/{trigger.route}" if prefix else trigger.route)
    except ValueError as error:
        raise HostStartError(f"Function {name}: {error}") from error


def _compare(route: Route, earlier: Route) -> None:
    mine, others = route.trigger.methods, earlier.trigger.methods
    if mine and others and not mine & others:
        return
    names = f"{route.function.name} and {earlier.function.name}"
    if route.trigger.route.lower() == earlier.trigger.route.lower():
        raise HostStartError(f"Functions {names} have the same route '{route.trigger.route}'.")
    literal = _literal(route.template.segments)
    if literal and earlier.template.match(literal) is not None:
        _log.warning("Functions %s: '%s' comes first and hides '%s'", names, earlier.template.text, route.template.text)


def _literal(segments: Sequence[Segment]) -> list[str] | None:
    texts = [segment.parts[0] for segment in segments if isinstance(segment.parts[0], str) and len(segment.parts) == 1]
    return [str(text) for text in texts] if len(texts) == len(segments) else None
