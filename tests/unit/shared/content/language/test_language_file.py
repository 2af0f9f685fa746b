"""A content file in another language: what it leaves out is in English, and no one has a site that nobody checked."""

import shutil
from pathlib import Path

import pytest

from shared.content.content import Content, ContentError, load_content
from tests.builders import ROOT, content

HEAD = 'name = "Cymraeg"\nchecked_by = "A translator"\nchecked_on = 2026-11-30\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "functions" / "content" / "mersey-care" / "en.toml", tmp_path)
    return tmp_path


def welsh(folder: Path, text: str, head: str = HEAD, *, to_check: bool = False) -> Content:
    path = folder / "cy.toml"
    path.write_text(head + text, "utf-8")
    return load_content(path, to_check=to_check)


def test_what_the_file_leaves_out_falls_back_to_english_key_by_key(folder: Path) -> None:
    found = welsh(
        folder, '[groups]\nname = "Sesiynau"\n[page]\ntitle = "Yn Gymraeg"\n[sentences]\n"Book again" = "Eto"\n'
    )

    english = content()
    assert (found.language, found.dir, found.groups.name) == ("cy", "ltr", "Sesiynau")
    assert found.groups == english.groups.model_copy(update={"name": "Sesiynau"})
    assert found.in_your_language == english.in_your_language.model_copy(update={"title": "Yn Gymraeg"})
    assert (found.one_to_one, found.bank_holidays) == (english.one_to_one, english.bank_holidays)
    assert [found.translate(each) for each in ("Book again", "Save changes")] == ["Eto", "Save changes"]


def test_a_list_is_taken_whole_and_what_waits_for_an_agreement_is_in_english(folder: Path) -> None:
    found = welsh(folder, '[groups]\nabout = ["Un."]\nsummary = { text = "Heb ei gytuno", to_be_agreed = "x" }\n')
    assert (found.groups.about, found.groups.summary) == (("Un.",), content().groups.summary)


def test_a_site_in_english_is_as_it_was_and_has_the_page_of_that_language(folder: Path) -> None:
    welsh(folder, 'service_name = "Enw"\n[page]\ntitle = "Yn Gymraeg"\n[sentences]\n"Book again" = "Eto"\n')
    found = load_content(folder / "en.toml")

    assert (found.language, found.service_name, found.translate("Book again")) == (
        "en",
        content().service_name,
        "Book again",
    )
    assert found.checked_languages["cy"].page.title == "Yn Gymraeg"


def test_english_can_have_other_words_for_a_sentence(folder: Path) -> None:
    path = folder / "en.toml"
    path.write_text(path.read_text("utf-8") + '\n[sentences]\n"Book again" = "Book once more"\n', "utf-8")
    assert load_content(path).translate("Book again") == "Book once more"


@pytest.mark.parametrize(
    "head", ['name = "Cymraeg"\n', HEAD.replace('"A translator"', "''"), HEAD.split("checked_on", maxsplit=1)[0]]
)
def test_no_site_is_in_a_language_that_no_one_has_checked(head: str, folder: Path) -> None:
    with pytest.raises(ContentError):
        welsh(folder, "", head)


def test_who_checks_a_language_can_look_at_it_before(folder: Path) -> None:
    assert not welsh(folder, "", 'name = "Cymraeg"\n', to_check=True).is_checked
    assert welsh(folder, "", to_check=True).is_checked


@pytest.mark.parametrize("text", ['consent = "Cytuno"', 'consent_facts = ["Ffaith"]'])
def test_another_wording_of_the_consent_has_a_version_of_its_own(text: str, folder: Path) -> None:
    with pytest.raises(ContentError, match=r"one_to_one\.consent_version"):
        welsh(folder, f"[one_to_one]\n{text}\n")
    assert welsh(folder, f'[one_to_one]\n{text}\nconsent_version = "cy-1"\n').one_to_one.consent_version == "cy-1"


def test_a_sentence_whose_translation_does_not_fit_is_named(folder: Path) -> None:
    with pytest.raises(ContentError, match=r'"Book on %\(day\)s" needs the same placeholders'):
        welsh(folder, '[sentences]\n"Book on %(day)s" = "Archebu"\n')


def test_an_unknown_key_is_refused_in_every_language(folder: Path) -> None:
    with pytest.raises(ContentError, match="welcome"):
        welsh(folder, 'welcome = "Croeso"\n')
    with pytest.raises(ContentError, match=r"languages\.cy\.welcome"):
        load_content(folder / "en.toml")


def test_a_file_that_has_no_english_beside_it_is_in_english(folder: Path) -> None:
    (folder / "en.toml").rename(folder / "cy.toml")
    found = load_content(folder / "cy.toml")
    assert (found.language, found.groups) == ("en", content().groups)
