"""Checks Bicep against Azure's published types: properties, values, symbols and parameters of modules.

`bicep_types.json` has the types that infra/ uses, each with its properties and their flags (1 required, 2 read-only).
It is no substitute for `bicep build`, and evaluates no expression.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.infra.bicep import Declaration, Expression, Template, Value

_REQUIRED, _READ_ONLY = 1, 2
_OUTSIDE_TYPES = {"scope", "parent", "dependsOn"}
_GIVEN_BY_BICEP = {"type", "apiVersion"}
_LITERALS: Mapping[type, str] = {bool: "boolean", int: "integer", str: "string"}

type Kind = Any
"""One type of `bicep_types.json`: a word for a simple one, else an object."""


@cache
def _types() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "bicep_types.json").read_text("utf-8"))
    return found


def _kind(index: int) -> Kind:
    return _types()["types"][index]


def findings(file: Template, modules: Mapping[str, Template]) -> list[str]:
    """What is wrong with a file, given the modules that it names by their paths."""
    resources = [problem for each in file.all("resource") for problem in _resource(each)]
    inside = [problem for each in file.all("module") for problem in _module(each, modules)]
    return sorted({*resources, *inside, *_symbols(file)})


def _resource(each: Declaration) -> Iterator[str]:
    name = f"{each.target}@{each.version}"
    index = _types()["resources"].get(name)
    if index is None:
        yield f"no type for {name}"
    elif not each.is_existing:
        yield from _problems(_kind(index), each.value, each.target.rpartition("/")[2])


def _problems(kind: Kind, value: Value, path: str) -> Iterator[str]:
    if value is None or isinstance(value, Expression) or kind == "any":
        return
    if isinstance(value, dict):
        yield from _of_object(kind, value, path)
    elif isinstance(value, list):
        yield from _of_array(kind, value, path)
    elif isinstance(kind, dict) and "one of" in kind:
        if value not in kind["one of"] and not kind.get("open"):
            yield f"{path}: {value!r} is none of {kind['one of']}"
    elif kind != _LITERALS[type(value)]:
        yield f"{path}: {value!r} is of another type"


def _of_array(kind: Kind, value: list[Value], path: str) -> Iterator[str]:
    if "array" not in kind:
        yield f"{path}: no array is taken"
        return
    for each in value:
        yield from _problems(_kind(kind["array"]), each, path)


def _of_object(kind: Kind, value: dict[str, Value], path: str) -> Iterator[str]:
    if isinstance(kind, dict) and "array" in kind:  # the object of a loop
        yield from _problems(_kind(kind["array"]), value, path)
        return
    if not isinstance(kind, dict) or "object" not in kind:
        yield f"{path}: no object is taken"
        return
    known = _known(kind, value)
    for key, each in value.items():
        if key in known:
            yield from _of_property(known[key], each, f"{path}.{key}")
        elif "more" in kind:
            yield from _problems(_kind(kind["more"]), each, f"{path}.{key}")
        elif key not in _OUTSIDE_TYPES:
            yield f"unknown property {path}.{key}"
    for key, (_, flags) in known.items():
        if flags & _REQUIRED and key not in value and key not in _GIVEN_BY_BICEP:
            yield f"missing property {path}.{key}"


def _known(kind: Kind, value: dict[str, Value]) -> Mapping[str, Any]:
    """The properties of an object, those of its own kind among them where there are several."""
    chosen = value.get(kind.get("by", ""))
    own = _kind(kind["kinds"][chosen])["object"] if chosen in kind.get("kinds", {}) else {}
    return {**kind["object"], **own}


def _of_property(known: tuple[int, int], value: Value, path: str) -> Iterator[str]:
    index, flags = known
    if flags & _READ_ONLY and not flags & _REQUIRED:
        yield f"read-only property {path}"
    yield from _problems(_kind(index), value, path)


def _module(each: Declaration, modules: Mapping[str, Template]) -> Iterator[str]:
    if each.target not in modules:
        yield f"no file {each.target}"
        return
    taken = {declared.name: declared.has_value for declared in modules[each.target].all("parameter")}
    given = each.get("params")
    names = set(given) if isinstance(given, dict) else set()
    yield from (f"{each.name}: {each.target} has no parameter {name}" for name in names - taken.keys())
    yield from (
        f"{each.name}: {each.target} needs {name}" for name, has in taken.items() if not has and name not in names
    )


def _symbols(file: Template) -> Iterator[str]:
    declared = {each.name for each in file.declarations}
    yield from (f"unknown symbol {name}" for name in file.used - declared - {"az", "sys"})
    for each in file.declarations:
        if each.kind in {"parameter", "variable"} and each.name not in file.used:
            yield f"unused {each.kind} {each.name}"


def unknown_outputs(file: Template, modules: Mapping[str, Template]) -> list[str]:
    """Outputs that a file reads off its modules and that those do not have."""
    found = []
    for each in file.all("module"):
        outputs = {output.name for output in modules[each.target].all("output")}
        found += [f"{each.name}.{name}" for name in file.outputs_of(each.name) if name not in outputs]
    return found
