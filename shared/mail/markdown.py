"""Text in the Markdown of GOV.UK Notify, escaped so that it is shown as it is and none of it becomes markup.

Notify renders a body twice, for the HTML and the text part of an email. It decodes entities before it reads the
Markdown of the HTML part and after it has read that of the text part. So an entity cannot take the meaning from a sign;
`&`, `<` and `>` need one. The word joiner, which nobody sees, takes it from those that a backslash cannot escape.
"""

import re
from urllib.parse import quote

_JOINER = "\u2060"
_SIGNS = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "`*[|~+"},
        "#": f"\\#{_JOINER}",  # at the end of a heading they would be taken off
        "\\": f"\\\\{_JOINER}",  # a backslash before punctuation would be taken off
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "\u2424": " ",  # Notify makes the picture of a line end one
    }
)
# Notify removes the first of these, and what follows it then begins a line.
_UNSEEN = re.compile("[\u3164\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Where a list, a line, an inset or an underlined heading would begin, and where typography would take a blank away.
_BEGINNINGS = re.compile("^(?=[-=^•_])|(?<= )(?=[,.])", re.MULTILINE)
_NUMBERS = re.compile(r"^(\d++)\.", re.MULTILINE)
_LONE_DASHES = re.compile(r"(?<!\S)([-\u2013\u2014]++)(?!\S)")  # and a line end


def literal(text: str) -> str:
    """Returns the Markdown that shows this text, without blanks at the ends of its lines and without empty lines."""
    lines = (" ".join(line.split()) for line in _UNSEEN.sub("", text).translate(_SIGNS).splitlines())
    escaped = "\n".join(line for line in lines if line)
    escaped = _NUMBERS.sub(r"\1\\.", escaped)
    escaped = _LONE_DASHES.sub(rf"\1{_JOINER}", escaped)
    return _BEGINNINGS.sub(_JOINER, escaped).replace("://", f":{_JOINER}//")


def link_target(url: str) -> str:
    """Returns the address as a Markdown link holds it: nothing of it ends the link, and nothing is put into it."""
    return quote(url, safe=":/?#@!$&*+,;=%~").replace("&", "&amp;")
