"""Every page has a Flesch-Kincaid grade below 8, a reading age of 12, in every state that is shown in the tests."""

from itertools import chain

import pytest

from local.content.reading_grade import grade, page_texts, syllables_of
from local.content.report import GRADE_TOO_HARD
from shared.content.content import Content
from tests.unit.functions.page_examples import PAGES, Pages


def test_no_page_is_harder_to_read_than_the_bound(pages: Pages) -> None:
    # An article of the examples is made up; the real ones are measured below.
    real = [name for name, (template, _) in PAGES.items() if template != "info/article.html"]
    found = {name: grade(page_texts(pages[name].html)) for name in real}

    assert {name: number for name, number in found.items() if number >= GRADE_TOO_HARD} == {}
    assert sum(number > 0 for number in found.values()) > len(found) * 0.9  # the texts are found at all


@pytest.mark.parametrize("name", ["privacy", "accessibility", "cookies"])
def test_no_notice_is_harder_to_read_than_the_bound(content: Content, name: str) -> None:
    article = {"privacy": content.privacy, "accessibility": content.accessibility, "cookies": content.cookies}[name]
    texts = chain.from_iterable((*each.text, *each.items, *each.then) for each in article.sections)

    assert 0 < grade([article.lede, *texts]) < GRADE_TOO_HARD


@pytest.mark.parametrize(
    ("word", "syllables"), [("therapy", 3), ("session", 2), ("don’t", 1), ("Nafsiyat", 3), ("intercultural", 5)]
)
def test_syllables_are_those_of_a_dictionary_and_else_of_hyphens(word: str, syllables: int) -> None:
    assert syllables_of(word) == syllables


def test_the_grade_is_that_of_the_formula() -> None:
    assert grade(["The cat sat on the mat."]) == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    assert grade(["You can book one. You can stop now."]) == pytest.approx(0.39 * 4 + 11.8 - 15.59)
    assert grade(["Home", "Book"]) == 0


def test_only_the_main_part_of_a_page_is_read_block_by_block() -> None:
    html = "<p>Before</p><main><h1>One <b>two</b></h1><ul><li>Three<li>Four</ul><script>x</script></main><p>After</p>"

    assert page_texts(html) == ["One two", "Three", "Four"]
