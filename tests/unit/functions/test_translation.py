"""A page in another language: whatever has a word in English on it is found by a language in which all is marked."""

import jinja2
import pytest

from functions.forms.validation import FieldError
from functions.problems.error_table import PROBLEMS
from functions.web import render
from local.content.service_sentences import service_sentences
from shared.content.content import Content, load_content
from shared.wording.sentences import sentence
from tests.builders import ROOT
from tests.content.pseudo_language import write_site
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES, Pages, facts_for, show
from tests.unit.functions.visible_text import not_given, unmarked


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return load_content(write_site(tmp_path_factory.mktemp("content"), "ar"))


@pytest.fixture(scope="module")
def pseudo_pages(pseudo: Content) -> Pages:
    return {name: show(name, pseudo) for name in PAGES}


def untranslated(name: str, page: Page, content: Content) -> list[str]:
    """Returns what a page shows in English and was not given; the name NHS and the addresses of mailboxes aside."""
    return not_given(unmarked(page.html), facts_for(PAGES[name][1], content))


def test_every_sentence_of_every_page_can_be_translated(pseudo: Content, pseudo_pages: Pages) -> None:
    found = {name: untranslated(name, page, pseudo) for name, page in pseudo_pages.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_problem_and_message_can_be_translated(pseudo: Content) -> None:
    said = sentence("fields.too-long", label=sentence("fields.name.label"), limit="100")
    for problem in PROBLEMS.values():
        shown = render.render("problem.html", pseudo, problem=problem, errors=[FieldError("name", said)], site="")
        assert set(unmarked(shown)) <= {"NHS"}, problem.name


def test_a_sentence_that_is_not_marked_for_translation_is_found(
    pseudo: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (render.TEMPLATES / "start.html").read_text("utf-8")
    changed = source.replace('{{ _("See all resources") }}', "See all resources").replace('_("Refer yourself")', '"Go"')
    made = render.environment(None, pseudo.sentences, "ar")
    made.loader = jinja2.ChoiceLoader([jinja2.DictLoader({"start.html": changed}), made.loader])  # type: ignore[list-item]  # there is one
    monkeypatch.setattr(render, "_environment", lambda *_: made)

    assert untranslated("start", show("start", pseudo), pseudo) == ["Go", "See all resources"]


def test_every_page_names_the_language_and_the_direction_of_its_content(pseudo_pages: Pages, pages: Pages) -> None:
    for shown, expected in ((pseudo_pages, ("ar", "rtl")), (pages, ("en", None))):
        roots = (next(attrs for tag, attrs in page.elements if tag == "html") for page in shown.values())
        assert {(root.get("lang"), root.get("dir")) for root in roots} == {expected}


def test_a_language_is_shown_by_one_site_and_not_by_another(pseudo: Content, content: Content) -> None:
    first, second, third = (show("start", each).html for each in (content, pseudo, content))
    assert first == third != second


def test_no_form_and_no_link_of_a_page_in_another_language_carries_it(pseudo_pages: Pages, pages: Pages) -> None:
    """A booking and a referral remember no language."""

    def addresses(page: Page) -> set[str]:
        return {
            each for name in ("href", "action", "formaction", "name") for each in page.all(name, "a", "form", "input")
        }

    for name in PAGES:
        assert addresses(pseudo_pages[name]) == addresses(pages[name]), name


def test_no_content_file_of_the_project_has_a_sentence_that_the_service_does_not_have() -> None:
    paths = [*(ROOT / "functions" / "content").rglob("*.toml")]
    assert paths
    for path in paths:
        assert load_content(path, to_check=True).sentences.root.keys() <= service_sentences(), path
