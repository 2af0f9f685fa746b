"""Route templates as ASP.NET reads them: `sessions/{id:int}/{*rest}`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from local.host.http.constraints import Constraint, constraint

# A constraint's argument may hold brackets itself; it ends at the bracket before the next mark.
_CONSTRAINT = re.compile(r":(\w+)(?:\((.*?)\))?(?=[:=?]|$)")
_PARAMETER = re.compile(r"(\*{0,2})([^:=?*/{}]+)((?::\w+(?:\(.*?\))?(?=[:=?]|$))*)(?:=(.*?))?(\?)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    constraints: tuple[Constraint, ...] = ()
    optional: bool = False
    catch_all: bool = False
    default: str | None = None

    def accepts(self, value: str) -> bool:
        return all(test(value) for test in self.constraints)


@dataclass(frozen=True, slots=True)
class Segment:
    """The part between two slashes: one text, one parameter, or texts and parameters mixed."""

    parts: tuple[str | Parameter, ...]

    @property
    def parameter(self) -> Parameter | None:
        """The parameter, if the segment is nothing else."""
        only = self.parts[0]
        return only if len(self.parts) == 1 and isinstance(only, Parameter) else None

    def match(self, text: str) -> dict[str, str] | None:
        found = re.fullmatch("".join(map(_pattern, self.parts)), text, re.IGNORECASE | re.DOTALL)
        if not found:
            return None
        parameters = [part for part in self.parts if isinstance(part, Parameter)]
        values = dict(zip((part.name for part in parameters), found.groups(), strict=True))
        return values if all(part.accepts(values[part.name]) for part in parameters) else None


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route, prefix included."""

    text: str
    segments: tuple[Segment, ...]

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The route values, or None if the path is another's. Text is compared without regard to case.

        Args:
            path: the decoded segments of the request's path; no empty one at the end.
        """
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            found = _match_at(segment, path, position)
            if found is None:
                return None
            values |= found
        last = self.segments[-1].parameter
        return values if len(path) <= len(self.segments) or (last and last.catch_all) else None


def parse_template(text: str) -> Template:
    """Raises ValueError for a template that ASP.NET refuses, or that this host does not understand."""
    segments = tuple(_segment(part) for part in _split(text))
    for segment in segments[:-1]:
        if segment.parameter and segment.parameter.catch_all:
            raise ValueError(f"route '{text}': nothing can follow a catch-all parameter")
    names = [part.name.lower() for segment in segments for part in segment.parts if isinstance(part, Parameter)]
    if len(set(names)) < len(names):
        raise ValueError(f"route '{text}': a parameter's name occurs twice")
    return Template(text, segments)


def _match_at(segment: Segment, path: Sequence[str], position: int) -> dict[str, str] | None:
    parameter = segment.parameter
    if parameter is None:
        return segment.match(path[position]) if position < len(path) else None
    given = "/".join(path[position:]) if parameter.catch_all else "".join(path[position : position + 1])
    if given == "":
        return _absent(parameter)
    return {parameter.name: given} if parameter.accepts(given) else None


def _absent(parameter: Parameter) -> dict[str, str] | None:
    if parameter.default is not None:
        return {parameter.name: parameter.default}
    return {} if parameter.optional or parameter.catch_all else None


def _pattern(part: str | Parameter) -> str:
    return "(.+)" if isinstance(part, Parameter) else re.escape(part)


def _split(text: str) -> list[str]:
    """Cuts at the slashes that are outside of braces: a regular expression may hold some."""
    segments, depth = [""], 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            segments.append("")
        else:
            segments[-1] += character
    if depth or "" in segments:
        raise ValueError(f"route '{text}': braces do not match, or there is nothing between two slashes")
    return segments


def _segment(text: str) -> Segment:
    parts: list[str | Parameter] = []
    rest = text
    while rest:
        literal, opened, rest = rest.partition("{")
        if literal:
            parts.append(literal)
        if opened:
            end = _closing(rest)
            parts.append(_parameter(rest[:end]))
            rest = rest[end + 1 :]
    _check(parts, text)
    return Segment(tuple(parts))


def _closing(text: str) -> int:
    depth = 1
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position
    raise ValueError(f"'{{{text}' has no closing brace")


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if not match:
        raise ValueError(f"'{{{text}}}' is not a route parameter")
    stars, name, constraints, default, optional = match.groups()
    return Parameter(
        name=name.strip(),
        # Braces inside a template are written twice.
        constraints=tuple(
            constraint(found[1], found[2].replace("{{", "{").replace("}}", "}") if found[2] is not None else None)
            for found in _CONSTRAINT.finditer(constraints)
        ),
        optional=bool(optional),
        catch_all=bool(stars),
        default=default,
    )


def _check(parts: list[str | Parameter], text: str) -> None:
    kinds = [isinstance(part, Parameter) for part in parts]
    if any(here and after for here, after in pairwise(kinds)):
        raise ValueError(f"'{text}': two parameters need literal text between them")
    parameters = [part for part in parts if isinstance(part, Parameter)]
    if len(parts) > 1 and any(p.optional or p.catch_all or p.default is not None for p in parameters):
        raise ValueError(f"'{text}': this host requires an optional parameter to be a segment of its own")
