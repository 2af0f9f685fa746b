"""The address of an online session, as people paste it from an invitation."""

import re

from shared.bookings.tables.cells.problem import CellError

_ALONE = "Paste the link alone, or leave the cell empty."
_NO_HOST = f"It names no website, such as teams.microsoft.com, after https://. {_ALONE}"
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
_NAMES = {" ": "a space", "\t": "a tab", "\n": "a line break", "\r": "a line break"}
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
        wanted = "Write an address that begins with https://, or leave it empty."
        raise CellError(f'It begins with "{scheme[:20]}://". {wanted}')
    if found := _REFUSED.search(rest):
        raise CellError(f"There is {_NAMES.get(found[0], _quoted(found[0]))} in it. {_ALONE}")
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


def _quoted(sign: str) -> str:
    return "a blank" if sign.isspace() else f'"{sign}"'


def _check_host(authority: str) -> None:
    if "@" in authority:  # what stands before it is a user's name, and may look like a website's
        raise CellError(f'There is "@" in the name of its website. {_ALONE}')
    host, _, port = authority.partition(":")
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not _PORT.fullmatch(port):
        raise CellError(_NO_HOST)
