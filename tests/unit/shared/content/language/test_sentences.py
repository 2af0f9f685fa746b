"""Translations of the service's sentences: checked when the content file is read, and text wherever they stand."""

from collections.abc import Mapping

import jinja2
import pytest
from pydantic import ValidationError

from shared.content.language.sentences import Sentences
from shared.content.language.translated_templates import install_translations

PLACES = "%(num)s places left"
LINK = 'Read <a href="/a">%(title)s</a>'


def shown(template: str, sentences: Mapping[str, object], language: str = "cy", *, autoescape: bool = True) -> str:
    environment = jinja2.Environment(autoescape=autoescape)  # emails in plain text have none
    install_translations(environment, Sentences.model_validate(sentences), language)
    return environment.from_string(template).render(name="<b>", title="A & B", n=2, number="1")


def test_a_sentence_without_a_translation_is_shown_in_english() -> None:
    assert Sentences({"Yes": "Ie"}).of("Yes") == "Ie"
    assert Sentences({"Yes": "Ie"}).of("No") == "No"
    assert shown('{{ _("For %(name)s", name=name) }}', {}) == "For &lt;b&gt;"


@pytest.mark.parametrize(
    ("english", "translation"),
    [
        ("For %(name)s", "I"),
        ("For %(name)s", "I %(nam)s"),
        ("For", "I %(name)s"),
        ("For", "100% i"),
        ("For {name}", "I {nome}"),
        ("For", "I {"),
        (LINK, "Darllen %(title)s"),
        (LINK, 'Darllen <a href="https://elsewhere.example">%(title)s</a>'),
        ("For", "I <script>alert(1)</script>"),
        ("For", "I <img src=x"),
        (PLACES, {"one": "un lle"}),
        (PLACES, {"one": "%(n)s lle", "other": "%(num)s lle"}),
        (PLACES, {"other": "lle"}),
        (PLACES, {"other": "%(num)s lle", "several": "%(num)s lle"}),
        ("For", ""),
    ],
)
def test_a_translation_with_other_placeholders_or_markup_is_refused(english: str, translation: object) -> None:
    with pytest.raises(ValidationError):
        Sentences.model_validate({english: translation})


def test_placeholders_and_links_may_stand_in_another_order_and_a_number_may_be_a_word() -> None:
    given = {
        "%(a)s of {b}": "{b} o %(a)s",
        "<strong>A</strong> <em>B</em>": "<em>B</em> <strong>A</strong>",
        PLACES: {"one": "un lle", "other": "%(num)s lle"},
    }
    assert Sentences.model_validate(given).root == given


def test_a_number_takes_the_form_that_its_language_has_for_it() -> None:
    forms = {form: f"{form} %(num)s" for form in ("zero", "one", "two", "few", "many", "other")}
    welsh = Sentences.model_validate({PLACES: forms})

    found = [welsh.counted("1 place left", PLACES, number, "cy").split()[0] for number in (0, 1, 2, 3, 6, 4)]
    assert found == ["zero", "one", "two", "few", "many", "other"]
    assert [welsh.counted("", PLACES, number, "xx").split()[0] for number in (1, 2)] == ["one", "other"]
    assert [Sentences({}).counted("one", PLACES, number, "cy") for number in (1, 2)] == ["one", PLACES]
    assert Sentences({PLACES: "%(num)s lle"}).counted("one", PLACES, 1, "cy") == "%(num)s lle"


def test_a_script_that_counts_is_given_every_form_that_numbers_have_in_its_language() -> None:
    singular, plural = "%{count} character", "%{count} characters"
    written = Sentences.model_validate({plural: {"two": "%{count} nod", "other": "%{count} o nodau"}})

    assert Sentences({}).forms(singular, plural, "en") == {"one": singular, "other": plural}
    assert written.forms(singular, plural, "cy") == dict.fromkeys(
        ("zero", "one", "few", "many", "other"), "%{count} o nodau"
    ) | {"two": "%{count} nod"}
    assert Sentences({}).forms(singular, plural, "ar")["many"] == plural


def test_a_translation_is_text_wherever_it_stands() -> None:
    quotes = {"Open": "\"a\" 'b' & c"}
    assert shown('<a title="{{ _("Open") }}">', quotes) == '<a title="&#34;a&#34; &#39;b&#39; &amp; c">'
    assert shown('{{ _("Open") }}', quotes, autoescape=False) == quotes["Open"]


def test_a_link_of_the_english_sentence_is_a_link_and_nothing_else_is() -> None:
    template = "{{ _('" + LINK + "', title=title) }}"
    translated = {LINK: '"%(title)s": <a href="/a">darllen</a>'}
    assert shown(template, translated) == '&#34;A &amp; B&#34;: <a href="/a">darllen</a>'
    address = """{{ _('<a href="tel:%(number)s">Ring</a>', number=name) }}"""
    assert shown(address, {}) == '<a href="tel:&lt;b&gt;">Ring</a>'


def test_sentences_of_templates_are_marked_as_calls_or_as_blocks_and_in_macros() -> None:
    given = {"Yes %(name)s": "Ie %(name)s", "100%%": "cant %%", PLACES: {"two": "dau le", "other": "%(num)s lle"}}
    assert shown("{% trans name=name %}Yes {{ name }}{% endtrans %}", given) == "Ie &lt;b&gt;"
    assert shown('{% macro yes() %}{{ _("Yes %(name)s", name=1) }}{% endmacro %}{{ yes() }}', given) == "Ie 1"
    assert shown('{{ _("100%%") }}', given) == "cant %"
    assert shown('{{ ngettext("%(num)s place left", "%(num)s places left", n) }}', given) == "dau le"
    plural = "{% trans num=n %}{{ num }} place left{% pluralize %}{{ num }} places left{% endtrans %}"
    assert shown(plural, given) == "dau le"
