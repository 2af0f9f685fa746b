"""Bicep files read off their syntax tree: what is declared, and values as far as they are literal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

import tree_sitter
import tree_sitter_bicep

from tests.builders import ROOT

INFRA = ROOT / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
_KINDS = {f"{kind}_declaration": kind for kind in ("parameter", "variable", "resource", "module", "output")}
_BODIES = {"for_statement", "if_statement", "parenthesized_expression"}
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that is no literal, as its text."""

    text: str

    @property
    def names(self) -> list[str]:
        """Every identifier in it; words in its strings count too."""
        return _NAME.findall(self.text)


type Value = str | int | bool | Expression | list[Value] | dict[str, Value] | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration. `target` is the type of a resource without its version, or the file of a module."""

    kind: str
    name: str
    value: Value
    target: str = ""
    version: str = ""
    condition: str = ""
    is_existing: bool = False
    has_value: bool = True
    decorators: Mapping[str, str] = field(default_factory=dict)

    def get(self, *path: str) -> Value:
        """What stands under these keys, one below the other; None if there is no such key."""
        found = self.value
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found


@dataclass(frozen=True, slots=True)
class Template:
    """The declarations of one file, in their order."""

    declarations: Sequence[Declaration]
    text: str
    used: frozenset[str]
    """The symbols that its expressions name; functions and variables of loops are none."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads the text of a file."""
        root = _PARSER.parse(text.encode()).root_node
        assert not root.has_error, "syntax"
        return cls(list(_declarations(root)), text, frozenset(_used(root)))

    def all(self, kind: str, target: str = "") -> list[Declaration]:
        """The declarations of a kind, those of a resource type or module file alone if one is given."""
        return [each for each in self.declarations if each.kind == kind and target in ("", each.target)]

    def resources(self, target: str) -> list[Declaration]:
        """Resources of a type that this file makes."""
        return [each for each in self.all("resource", target) if not each.is_existing]

    def named(self, kind: str, name: str) -> Declaration:
        """The one declaration of that kind and name."""
        [found] = [each for each in self.all(kind) if each.name == name]
        return found

    def outputs_of(self, module: str) -> list[str]:
        """The outputs of a module that this file reads."""
        return re.findall(rf"\b{module}\.outputs\.(\w+)", self.text)


@cache
def template(name: str) -> Template:
    """A file of `infra/`."""
    return Template.of((INFRA / name).read_text("utf-8"))


def file_name(path: Path) -> str:
    return path.relative_to(INFRA).as_posix()


def templates() -> dict[str, Template]:
    """All files of `infra/`, by name."""
    return {file_name(path): template(file_name(path)) for path in FILES}


def _declarations(root: tree_sitter.Node) -> Iterator[Declaration]:
    decorators: dict[str, str] = {}
    for node in root.children:
        if node.type == "decorators":
            decorators = dict(_decorator(each) for each in node.named_children)
        elif node.type in _KINDS:
            yield _declaration(node, decorators)
            decorators = {}


def _decorator(node: tree_sitter.Node) -> tuple[str, str]:
    name, _, arguments = _text(node).removeprefix("@").partition("(")
    return name, arguments.removesuffix(")")


def _declaration(node: tree_sitter.Node, decorators: Mapping[str, str]) -> Declaration:
    name = next(_text(child) for child in node.children if child.type == "identifier")
    strings = [_literal(child) for child in node.children if child.type == "string"]
    kind = _KINDS[node.type]
    target, _, version = str(strings[0]).partition("@") if kind in ("resource", "module") else ("", "", "")
    kinds = [child.type for child in node.children]
    condition = next((_text(child.named_children[0]) for child in node.children if child.type == "if_statement"), "")
    return Declaration(
        kind=kind,
        name=name,
        value=_value(node.children[-1]) if "=" in kinds else None,
        target=target,
        version=version,
        condition=condition,
        is_existing="existing" in kinds,
        has_value="=" in kinds,
        decorators=decorators,
    )


def _value(node: tree_sitter.Node) -> Value:
    if node.type == "object":
        return {_key(each): _value(each.children[-1]) for each in node.named_children if each.type == "object_property"}
    if node.type == "array":
        return [_value(each) for each in node.named_children if each.type != "comment"]
    if node.type in _BODIES and (body := _body(node)) is not None:
        return _value(body)
    return _literal(node)


def _body(node: tree_sitter.Node) -> tree_sitter.Node | None:
    return next((each for each in reversed(node.named_children) if each.type in {"object", "for_statement"}), None)


def _key(node: tree_sitter.Node) -> str:
    return _text(node.children[0]).strip("'")


def _literal(node: tree_sitter.Node) -> Value:
    text = _text(node)
    match node.type:
        case "string" if not any(child.type == "interpolation" for child in node.children):
            return text.strip("'").replace("\\'", "'")
        case "number":
            return int(text)
        case "boolean":
            return text == "true"
        case "null":
            return None
        case _:
            return Expression(text)


def _used(node: tree_sitter.Node, loops: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names in expressions. The first name of a declaration, of a property and of a call is none."""
    if node.type == "for_statement":
        loops |= {_text(each) for each in node.children[: [each.type for each in node.children].index("in")]}
    skips_first = node.type in {"object_property", "call_expression"} or node.type in _KINDS
    names = [each for each in node.children if each.type == "identifier"]
    for name in names[1:] if skips_first and _is_first(node, names) else names:
        if _text(name) not in loops:
            yield _text(name)
    for child in node.children:
        yield from _used(child, loops)


def _is_first(node: tree_sitter.Node, names: Sequence[tree_sitter.Node]) -> bool:
    return bool(names) and names[0] == node.named_children[0]


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()
