"""The style sheet and the logo of a plain look, made from the content file, and the addresses that pages give them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from shared.content.contrast import darker
from shared.content.look import Colours, Look

FILES = Path(__file__).parents[1] / "content" / "files"
STYLES = Path(__file__).parents[1] / "static" / "look.css"
PREFIX = "look-"
"""The beginning of their names below `/assets/`."""


def style_sheet(look: Look) -> tuple[str, bytes] | None:
    """Returns the name and the contents of the style sheet; None for the look of the NHS."""
    return _style_sheet(look.colours) if look.is_plain else None


def logo(look: Look, folder: Path = FILES) -> tuple[str, bytes] | None:
    """Returns the name and the contents of the logo; None if there is none, or its file is missing."""
    path = folder / look.logo if look.logo else None
    return _logo(path) if path and path.is_file() else None


def address(file: tuple[str, bytes] | None) -> str:
    """Returns the address of one of these files; "" for none."""
    return f"/assets/{file[0]}" if file else ""


@lru_cache(maxsize=4)
def _style_sheet(colours: Colours) -> tuple[str, bytes]:
    named = {
        "brand": colours.brand,
        "brand-text": colours.brand_text,
        "link": colours.link,
        "button": colours.button,
        "button-dark": darker(colours.button),
        "button-text": colours.button_text,
    }
    properties = "".join(f"--app-{name}:{colour};" for name, colour in named.items())
    return _named(f":root{{{properties}}}\n{STYLES.read_text('utf-8')}".encode(), ".css")


@lru_cache(maxsize=4)
def _logo(path: Path) -> tuple[str, bytes]:
    """The file of a logo, read once: the deployed package does not change, and every page names the logo."""
    return _named(path.read_bytes(), path.suffix)


def _named(body: bytes, suffix: str) -> tuple[str, bytes]:
    return f"{PREFIX}{hashlib.sha256(body).hexdigest()[:12]}{suffix}", body
