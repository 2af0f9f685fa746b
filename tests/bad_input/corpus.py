"""The corpus of bad input, and the tables of names, addresses and numbers as people type them."""

import tomllib
from pathlib import Path
from typing import Any

from tests.builders import ROOT
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE

_HERE = Path(__file__).parent
_FIELDS = ROOT / "tests" / "unit" / "shared" / "fields"
HALF_A_PAIR = "\ud800"
"""Half of a UTF-16 pair, which no file can hold."""


def _rows(path: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))[name]
    return found


def table(name: str) -> list[str]:
    """The texts of `corpus.toml` or `dates.toml`."""
    return [each["text"] * each.get("repeat", 1) for each in _rows(_HERE / f"{name}.toml", "texts")]


def typed(name: str) -> list[str]:
    """The texts of one of the tables `names`, `addresses` and `numbers`."""
    return [each["typed"] for each in _rows(_FIELDS / f"{name}.toml", name)]


BAD = [*table("corpus"), HALF_A_PAIR]
DATES = table("dates")
TYPED = [text for name in ("names", "addresses", "numbers") for text in typed(name)]
TEXTS = list(dict.fromkeys([*BAD, *DATES, *TYPED, *UNREADABLE.values()]))
