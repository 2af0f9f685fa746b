"""Words that no reader should meet, and every text of the service that readers may meet."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jinja2

from tests.builders import ROOT

TEMPLATES = (ROOT / "functions" / "templates", ROOT / "shared" / "mail" / "templates")
CONTENT = ROOT / "functions" / "content"
PYTHON = (ROOT / "functions", ROOT / "shared")
WORDING = ROOT / "shared" / "wording"

# Each with the word to use instead. NHS digital service manual: "A to Z of NHS health writing", "Formatting".
WORDS = {
    "mail": (re.compile(r"(?<![\w/.@-])(?:e-)?mails?(?![\w/@-]|\.\w)", re.IGNORECASE), "email"),
    "somebody": (re.compile(r"\bsomebody\b", re.IGNORECASE), "someone"),
    "anybody": (re.compile(r"\banybody\b", re.IGNORECASE), "anyone"),
    "nobody": (re.compile(r"\bnobody\b", re.IGNORECASE), "no one"),
    "everybody": (re.compile(r"\beverybody\b", re.IGNORECASE), "everyone"),
    "programme": (re.compile(r"\b(?:email|any|every|other|computer) programmes?\b", re.IGNORECASE), "program or app"),
    "SHOUT": (re.compile(r"\bSHOUT\b(?! to 85258)"), "Shout, but for the word to text"),
    "Wi-Fi": (re.compile(r"\b(?:Wi-?Fi|Wifi|wi-fi)\b"), "wifi"),
    "click": (re.compile(r"\bclick(?:ing)?\b", re.IGNORECASE), "select"),
    "press": (re.compile(r"\bpress(?:es|ed|ing)? (?:the|a|this) button\b", re.IGNORECASE), "select"),
    "called off": (re.compile(r"\bcalled off\b", re.IGNORECASE), "cancelled"),
    "e.g.": (re.compile(r"\b(?:e\.g\.|i\.e\.|etc\b)", re.IGNORECASE), "for example, that is, and so on"),
    "Nafsiyat have": (re.compile(r"\bNafsiyat,? (?:who )?(?:have|are|were|lead|run)\b"), "Nafsiyat has"),
    "the trust": (re.compile(r"\bthe trust(?:['’]s)?\b", re.IGNORECASE), "the organisation's name"),
}
_OWN_NAME_ALLOWED = "the trust"  # in the content file, where it is one


def words_in(text: str) -> set[str]:
    """Names of the words that stand in a text and should not."""
    return {name for name, (pattern, _) in WORDS.items() if pattern.search(text)}


def offenders() -> dict[str, set[str]]:
    """Words that should not stand there, by the file that has them."""
    found = {_name(path): words_in(text) for path, text in _texts()}
    return {name: words for name, words in found.items() if words}


def _texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(each for folder in TEMPLATES for each in folder.rglob("*") if each.is_file()):
        yield path, " ".join(_template_texts(path.read_text("utf-8")))
    for path in sorted(CONTENT.rglob("*.toml")):
        copy = "\n".join(leaves(tomllib.loads(path.read_text("utf-8"))))
        yield path, WORDS[_OWN_NAME_ALLOWED][0].sub("", copy)
    for path in sorted(WORDING.glob("*.toml")):
        yield path, "\n".join(leaves(tomllib.loads(path.read_text("utf-8"))))
    for path in sorted(each for folder in PYTHON for each in folder.rglob("*.py")):
        yield path, "\n".join(_sentences(ast.parse(path.read_text("utf-8"))))


def _template_texts(source: str) -> Iterator[str]:
    for _, kind, value in jinja2.Environment(autoescape=True).lex(source):
        if kind == "data" or (kind == "string" and " " in value):
            yield value


def _sentences(tree: ast.Module) -> Iterator[str]:
    """Texts of a module that have several words, without its docstrings and lines of the log."""
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    left_out |= {id(each) for node in ast.walk(tree) if _logs(node) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield from [node.value] if " " in node.value.strip() else []


def _logs(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id == "logger"


def leaves(value: Any) -> Iterator[str]:
    """Every text of a table of TOML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
