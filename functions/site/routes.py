"""Which methods an address takes: what the host knows and does not say when it finds no function."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import azure.functions as func

_PART = re.compile(
    r"(?P<slash>/)?\{(?P<all>\*)?\w+(?::(?P<kind>length|maxlength)\((?P<count>\d+)\))?(?P<optional>\?)?\}"
)


@dataclass(frozen=True)
class Routes:
    """The routes of an app, each a template and its methods, asked for when the first address is looked up."""

    load: Callable[[], Iterable[tuple[str, frozenset[str]]]]

    def methods_at(self, path: str) -> frozenset[str]:
        """The methods that some function takes at this path, which has no slash in front; none where there is none."""
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
            said = binding.get_dict_repr()
            if said["type"] == "httpTrigger":
                yield said["route"], frozenset(str(method) for method in said["methods"])


def _pattern(template: str) -> re.Pattern[str]:
    text, end = "", 0
    for part in _PART.finditer(template):
        text += re.escape(template[end : part.start()]) + _piece(part)
        end = part.end()
    return re.compile(text + re.escape(template[end:]), re.IGNORECASE)


def _piece(part: re.Match[str]) -> str:
    piece = (part["slash"] or "") + _segment(part)
    # The slash goes with a part that may be left out; the address of the site itself has none.
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
