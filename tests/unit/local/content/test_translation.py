"""The report on a language file says what stays in English, and what the service does not have."""

from pathlib import Path

from local.content.report import report
from local.content.service_sentences import service_sentences
from tests.content.pseudo_language import write_language, write_site


def lines(path: Path) -> list[str]:
    return [line.strip() for part in report(path) for line in part.splitlines()]


def test_what_is_still_in_english_is_listed(tmp_path: Path) -> None:
    write_language(tmp_path, "cy", checked=False, page='title = "Yn Gymraeg"\n')
    path = tmp_path / "cy.toml"
    path.write_text(path.read_text("utf-8") + '[groups]\nname = "G"\n[sentences]\n"Book again" = "Eto"\n', "utf-8")

    found = lines(path)
    assert "Language: cy, which no one has checked: no site shows it until someone has" in found
    assert {"privacy", "groups.summary", "in_your_language.lede", "Save changes"} <= set(found)
    assert not {"groups.name", "in_your_language.title", "Book again"} & set(found)
    assert f"Sentences in English: {len(service_sentences()) - 1}" in found


def test_nothing_is_listed_of_a_language_that_is_whole(tmp_path: Path) -> None:
    found = lines(write_site(tmp_path, "ar"))
    assert {"Language: ar", "Keys in English: none", "Sentences in English: none"} <= set(found)


def test_a_sentence_that_the_service_does_not_have_is_listed(tmp_path: Path) -> None:
    english = write_language(tmp_path, "cy")
    assert "Book twice" not in lines(english)
    english.write_text(english.read_text("utf-8") + '\n[sentences]\n"Book twice" = "Eto"\n', "utf-8")
    assert "Book twice" in lines(english)


def test_sentences_are_known_by_their_english_and_those_with_a_number_by_the_plural() -> None:
    assert {"Book again", "%(num)s places left"} <= service_sentences()
    assert "%(num)s place left" not in service_sentences()
