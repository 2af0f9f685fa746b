"""Rendering of an email's body at GOV.UK Notify, by the rules of its public source and strict where that is lenient.

A sign that begins a list, a heading or an inset somewhere begins one at every line; a bracket that may be part of a
link is one. So whatever has no meaning here has none at Notify.
"""

import html
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Part = Literal["html", "text"]

_LINE_BREAK = "\ue000"  # `<br>` in HTML: for typography it is no blank
_ENTITY = re.compile(r"&(?!amp;|nbsp;)(#\d+;|#[xX][0-9a-fA-F]+;|[^\t\n\f <&#;]{1,32};)")
_KINDS = {
    "code": re.compile(r" {4}| *(`{3}|~{3})"),
    "line": re.compile(r" *[-*_]( *[-*_]){2,} *$"),
    "heading": re.compile(r" *#{1,6} *"),
    "inset": re.compile(r" *\^ ?"),
    "item": re.compile(r" *[•*+-]"),
    "number": re.compile(r" *\d+\."),
    "definition": re.compile(r" *\[[^\]]+\]:"),
    "table": re.compile(r" *\|"),
    "tag": re.compile(r" *<[\w!/]"),
}
_UNDERLINE = re.compile(r" *[-=]+ *$")
_RULE_OF_A_TABLE = re.compile(r" *[-:]+ *\|")
_ESCAPED = re.compile(r"\\([\\`*{}\[\]()#+\-.!_>~|])")
_LINK = re.compile(r"(!?)\[([\s\S]*?)\](?:\(\s*<?([\s\S]*?)>?\s*\)|\s*\[[^\]]*\])")
_BARE_LINK = re.compile(r"""https?://[^\s<]+[^<.,:"')\]\s]""")
_TAG = re.compile(r"<[\w!/][^>]*>|<[^ >]+[@:][^ >]+>")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or anything else that is marked; `links` are the addresses of its links."""

    kind: str
    text: str
    links: tuple[str, ...] = ()


def rendered(markdown: str, part: Part) -> list[Block]:
    """Returns the blocks of one part of the email, with the text that people see. What vanishes has no text."""
    body = _ENTITY.sub(lambda match: html.unescape(match[0]), markdown) if part == "html" else markdown
    if part == "html":
        body = body.replace("<", "&lt;").replace(">", "&gt;")
    blocks = [_inline(kind, text, part) for kind, text in _blocks(_preprocessed(body))]
    return [
        Block(each.kind, _typography(each.text, part), each.links) for each in blocks if each != Block("paragraph", "")
    ]


def text_of(blocks: list[Block]) -> str:
    """Returns all that people see, blanks and line ends as one blank, quotes straight, without what has no width."""
    text = " ".join(block.text for block in blocks)
    return " ".join(re.sub("[\u200b\u2060]", "", text).translate(str.maketrans("‘’“”", "''\"\"")).split())


def structure_of(blocks: list[Block]) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the kinds of the blocks and their links; paragraphs without a link are left out, as they may be many."""
    return [(block.kind, block.links) for block in blocks if block.kind != "paragraph" or block.links]


def _preprocessed(body: str) -> list[str]:
    body = re.sub("[\u2028\u3164]", "", body).replace("\u2424", "\n")
    return re.sub(r"\r\n|\r", "\n", body).expandtabs(4).split("\n")


def _blocks(lines: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    before = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        kind = next((name for name, begins in _KINDS.items() if begins.match(line)), "paragraph")
        rest = _KINDS[kind].sub("", line, count=1) if kind != "paragraph" else line
        if before.strip() and _UNDERLINE.match(line):
            found[-1] = ("heading", found[-1][1])
        elif "|" in line and _RULE_OF_A_TABLE.match(after):
            found.append(("table", ""))
        elif kind == "paragraph" and before.strip() and line.strip():
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.strip()}")
        elif line.strip():
            rest = re.sub(" *#* *$", "", rest) if kind == "heading" else rest
            found.append((kind, "" if kind in {"table", "definition", "line"} else rest.strip()))
        before = line
    return found


def _inline(kind: str, text: str, part: Part) -> Block:
    seen: list[str] = [] if kind in {"paragraph", "heading", "item", "number", "inset"} else [f"({kind})"]
    links: list[str] = []
    while text:
        if escaped := _ESCAPED.match(text):
            seen.append(html.escape(escaped[1], quote=False) if part == "html" else escaped[1])
        elif (escaped := _LINK.match(text)) and not escaped[1]:
            links.append(_address(escaped[3] or "", part))
            seen.append(_inline("paragraph", escaped[2], part).text)
        elif escaped := _BARE_LINK.match(text):
            links.append(_address(escaped[0], part))
        elif escaped := _TAG.match(text):
            links.append(escaped[0])
        elif not (escaped := _LINK.match(text)):  # an image vanishes
            escaped = re.match(r"[\s\S]", text)
            seen.append(text[0])
        assert escaped
        text = text[escaped.end() :]
    return Block(kind, "".join(seen), tuple(links))


def _address(target: str, part: Part) -> str:
    return html.unescape(quote(target, safe=":/?#=&;%") if part == "html" else target)


def _typography(text: str, part: Part) -> str:
    text = text.replace("\n", _LINE_BREAK) if part == "html" else f"\n\n{text}\n\n"
    text = re.sub(r"(?<![ \t])[ \t]+([,.])", r"\1", text)
    text = re.sub(r"\\([\\\"'.\-`])", r"\1", text)
    text = re.sub(r"(?<!\s)\s+[-–—]{1,3}\s+", " – ", text).replace(_LINE_BREAK, "\n")
    return html.unescape(text).strip("\n")
