"""Nothing that is deployed sets a cookie or keeps anything in the browser by itself."""

import re
from pathlib import Path

import pytest

from tests.architecture.source_code import DEPLOYED, offenders
from tests.builders import ROOT

KEEPS = re.compile(
    r"set[-_]cookie|document\.cookie|cookieStore|localStorage|sessionStorage|indexedDB|caches\.open", re.IGNORECASE
)
PAGES = [
    path
    for folder in ("static", "templates")
    for path in sorted((ROOT / "functions" / folder).rglob("*"))
    if path.suffix in {".js", ".html", ".jinja"}
]


def keeps_something(text: str) -> list[str]:
    return KEEPS.findall(text)


def test_no_cookie_is_set_and_nothing_is_stored_in_the_browser() -> None:
    scripts = [path for path in PAGES if path.suffix == ".js"]

    assert [path.name for path in scripts if path.name == "referral.js"]
    assert offenders(keeps_something, [*DEPLOYED, *PAGES]) == {}


@pytest.mark.parametrize(
    "text",
    ['headers["Set-Cookie"] = value', "document.cookie = 'a=1'", "localStorage.setItem(a, b)", "sessionStorage.a"],
)
def test_what_keeps_something_is_found(text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    path.write_text(text, "utf-8")

    assert keeps_something(path.read_text("utf-8"))
