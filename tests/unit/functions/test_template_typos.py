"""Typing errors in our own page templates, found by rendering every page of ours.

`ChainableUndefined`, which the NHS components need for options that were not given, shows them as nothing at all.
"""

import sys
from collections.abc import Mapping
from typing import Any

import jinja2
import pytest
from jinja2.utils import missing

from functions.web import render as pages
from shared.content.content import Content
from tests.every_row import every_row
from tests.unit.functions.page_examples import PAGES, facts_for
from tests.unit.functions.test_templates import OWN


class UndefinedInOwnTemplates(jinja2.ChainableUndefined):
    """Raises as soon as a template of ours asks for a name, or a member of an object, that there is not.

    It lets pass what the NHS components ask for, and the keys of mappings: what was typed, and what is wrong with it.
    """

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, *rest: Any) -> None:
        super().__init__(hint, obj, name, *rest)
        # Jinja makes one for `caller` wherever a macro is called without a block.
        if name != "caller" and _current_template() in OWN and not isinstance(obj, (Mapping, jinja2.Undefined)):
            self._fail_with_undefined_error()


def _current_template() -> str:
    """The template that is being rendered, the innermost first."""
    frame: Any = sys._getframe(2)
    while frame is not None and "blocks" not in frame.f_globals:
        frame = frame.f_back
    return str(frame.f_globals.get("name", "")) if frame else ""


def strict_environment(**changed: str) -> jinja2.Environment:
    """The pages' environment, with these templates in the place of ours."""
    made = pages.environment()
    made.undefined = UndefinedInOwnTemplates
    assert made.loader is not None
    made.loader = jinja2.ChoiceLoader([jinja2.DictLoader(changed), made.loader])
    return made


@pytest.fixture(scope="module")
def strict() -> jinja2.Environment:
    return strict_environment()


def render(environment: jinja2.Environment, name: str, content: Content, monkeypatch: pytest.MonkeyPatch) -> str:
    template, facts = PAGES[name]
    monkeypatch.setattr(pages, "_environment", lambda *_: environment)
    return pages.render(template, content, **({"correlation": ""} | facts_for(facts, content)))


@every_row("name", PAGES)
def test_no_page_uses_an_undefined_variable(
    name: str, strict: jinja2.Environment, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "</html>" in render(strict, name, content, monkeypatch)


def test_every_template_of_ours_is_on_some_page(strict: jinja2.Environment, content: Content) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in PAGES:
            render(strict, name, content, patch)
    assert strict.cache is not None
    assert set(OWN) <= {template for _, template in strict.cache.keys()}  # noqa: SIM118  # no mapping, an LRU cache


@pytest.mark.parametrize(
    ("page", "right", "wrong"),
    [
        ("start", "content.groups.name", "content.groups.nmae"),
        ("sessions", "session.when", "session.wen"),
        ("booked", "{{ reference }}", "{{ refrence }}"),
        ("own booking", "session.title", "session.titel"),
    ],
)
def test_a_typing_error_is_seen(
    page: str, right: str, wrong: str, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, _ = PAGES[page]
    source = (pages.TEMPLATES / template).read_text("utf-8")
    assert right in source

    with pytest.raises(jinja2.UndefinedError):
        render(strict_environment(**{template: source.replace(right, wrong)}), page, content, monkeypatch)
