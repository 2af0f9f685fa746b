"""A page for each language that someone has checked, found by the language's own name; no other is shown."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import azure.functions as func
import pytest

import functions.site.language_pages
import shared.bootstrap
from functions.site.language_pages import language_page
from shared.content.content import Content, ContentError, load_content
from tests.content.pseudo_language import END, START, marked, write_language
from tests.unit.functions import http_requests
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES, show


@dataclass
class FakeServices:
    content: Content
    site_url: str = "https://support.example"
    referrals: SimpleNamespace = field(default_factory=SimpleNamespace)


@pytest.fixture
def show_language(monkeypatch: pytest.MonkeyPatch) -> "ShowLanguage":
    return ShowLanguage(monkeypatch)


@dataclass
class ShowLanguage:
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, content: Content, tag: str) -> func.HttpResponse:
        for module in (functions.site.language_pages, shared.bootstrap):
            self.monkeypatch.setattr(module, "services", lambda: FakeServices(content))
        found = language_page(func.HttpRequest("GET", http_requests.URL, route_params={"language": tag}, body=b""))
        assert isinstance(found, func.HttpResponse)
        return found


def main_part(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def test_every_text_of_the_page_can_be_translated(tmp_path: Path, show_language: ShowLanguage) -> None:
    content = load_content(write_language(tmp_path, "ar"))

    page = Page(main_part(show_language(content, "ar").get_body().decode()))

    texts = [each.strip() for each in page.text.splitlines() if each.strip()]
    assert len(texts) > 8
    assert [each for each in texts if not (each.startswith(START) and each.endswith(END))] == []


def test_the_page_names_its_language_and_direction_and_its_links_do_too(
    tmp_path: Path, show_language: ShowLanguage
) -> None:
    content = load_content(write_language(tmp_path, "ar"))
    html = show_language(content, "ar").get_body().decode()
    page = Page(html)

    assert page.element("maincontent")["lang"] == "ar"
    assert page.all("lang", "html", "title") == ["en", "ar"]
    assert "rtl" in page.all("dir", "div")
    for name in ("start", next(each for each in PAGES if PAGES[each][0] == "referrals/start.html")):
        shown = show(name, content)
        link = next(attrs for tag, attrs in shown.elements if attrs.get("href") == "/languages/ar")
        assert (link["lang"], link["hreflang"], link["dir"]) == ("ar", "ar", "rtl")
        assert marked("ar") in shown.text


def test_what_a_file_leaves_out_falls_back_to_english(tmp_path: Path, show_language: ShowLanguage) -> None:
    content = load_content(write_language(tmp_path, "cy", direction="ltr", page='title = "Yn eich iaith chi"\n'))
    page = Page(show_language(content, "cy").get_body().decode())

    assert "Yn eich iaith chi" in page.text
    assert content.in_your_language.title not in main_part(page.html)
    assert content.in_your_language.lede in page.text


def test_a_text_that_no_one_has_checked_is_shown_nowhere(tmp_path: Path, show_language: ShowLanguage) -> None:
    content = load_content(write_language(tmp_path, "cy", checked=False))

    assert content.languages.keys() == {"cy"}
    assert show_language(content, "cy").status_code == 404
    assert "/languages/" not in show("start", content).html


@pytest.mark.parametrize("tag", ["xx", "EN", "", "../en", "en.toml"])
def test_there_is_no_page_of_a_language_without_a_file(content: Content, show_language: ShowLanguage, tag: str) -> None:
    assert show_language(content, tag).status_code == 404


def test_english_is_there_without_a_file_of_its_own(content: Content, show_language: ShowLanguage) -> None:
    page = Page(show_language(content, "en").get_body().decode())

    assert content.in_your_language.title in page.text
    assert page.element("maincontent")["lang"] == "en"


def test_a_file_that_cannot_be_used_is_named_with_the_part_that_is_wrong(tmp_path: Path) -> None:
    path = write_language(tmp_path, "cy", direction="sideways")

    with pytest.raises(ContentError, match=r"languages\.cy\.dir"):
        load_content(path)


def test_the_links_and_forms_of_the_site_carry_no_language(tmp_path: Path, show_language: ShowLanguage) -> None:
    content = load_content(write_language(tmp_path, "ar"))
    page = Page(show_language(content, "ar").get_body().decode())

    assert [href for href in page.all("href", "a") if "?" in href or "ar" in href.split("/")] == []
