"""The address of an online session, as people paste it from an invitation."""

import re

from shared.bookings.tables.cells.problem import CellError
from shared.wording.sentences import sentence

_BRACKETS = {
    "<": ">",
    "(": ")",
    "[": "]",
    '"': '"',
    "'": "'",
    "\u201c": "\u201d",
    "\u2018": "\u2019",
    "\u00ab": "\u00bb",
}
_NEVER_LAST = '<>"\u201c\u201d\u00ab\u00bb'
_REFUSED = re.compile(r'[\s<>"\\\u201c\u201d\u2026]')
_NAMES = {" ": "space", "\t": "tab", "\n": "line-break", "\r": "line-break"}
_LABEL = re.compile(r"[\w-]{1,63}")
_END_OF_HOST = re.compile(r"[/?#]")
_PORT = re.compile(r"\d{1,5}|")


def parse_link(text: str) -> str:
    """Returns the address without brackets and quotes around it, its scheme in small letters; "" if none is left.

    Raises:
        CellError: a browser could not open it. The message names the sign or the part that is wrong.
        ValueError: it is no web address.
    """
    link = _without_brackets(text)
    if not link:
        return ""
    scheme, separator, rest = link.partition("://")
    if not separator:
        raise ValueError("not an address")
    if scheme.casefold() != "https":
        raise CellError(sentence("portal.link.scheme", scheme=scheme[:20]))
    if found := _REFUSED.search(rest):
        raise CellError(sentence("portal.link.sign", sign=_named(found[0])))
    _check_host(_END_OF_HOST.split(rest, maxsplit=1)[0])
    return f"https://{rest}"


def _without_brackets(text: str) -> str:
    while text:
        before = text
        if text[0] in _BRACKETS:
            text = text[1:].removesuffix(_BRACKETS[text[0]])
        text = text.rstrip(_NEVER_LAST).strip()
        if text == before:
            break
    return text


def _named(sign: str) -> str:
    if sign in _NAMES:
        return sentence(f"signs.{_NAMES[sign]}")
    return sentence("portal.link.blank") if sign.isspace() else f'"{sign}"'


def _check_host(authority: str) -> None:
    if "@" in authority:  # what stands before it is a user's name, and may look like a website's
        raise CellError(sentence("portal.link.at-sign"))
    host, _, port = authority.partition(":")
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not _PORT.fullmatch(port):
        raise CellError(sentence("portal.link.no-website"))
