"""Templates that a local run has compiled are there for the next."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from jinja2 import Environment

from functions.web import render
from local.stack.kept_templates import keep_compiled_templates
from local.tour.letters import FACTS
from shared.content.content import Content
from shared.mail import renderer
from shared.mail.renderer import MailRenderer
from shared.template_cache import CompiledTemplates
from tests.unit.functions.page_examples import show


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of templates that are compiled from now on."""
    names: list[str] = []
    compile_ = Environment.compile

    def noting(self: Environment, source: Any, name: str | None = None, *args: Any, **kwargs: Any) -> Any:
        names.append(str(name))
        return compile_(self, source, name, *args, **kwargs)

    monkeypatch.setattr(Environment, "compile", noting)
    for module in (render, renderer):
        monkeypatch.setattr(module, "COMPILED", module.COMPILED)
    monkeypatch.setattr(CompiledTemplates, "dump_bytecode", CompiledTemplates.dump_bytecode)
    yield names
    render._environment.cache_clear()


def show_both(folder: Path, content: Content) -> tuple[str, str]:
    """A page and an email, as a process shows them that has shown none."""
    keep_compiled_templates(folder)
    render._environment.cache_clear()
    mail = MailRenderer(content).render("reminder", to="a@b.example", **FACTS["reminder"])
    return show("start", content).html, mail.html


def test_the_second_run_compiles_nothing_and_shows_the_same(
    compiled: list[str], content: Content, tmp_path: Path
) -> None:
    first = show_both(tmp_path, content)
    assert {"start.html", "layout.html"} <= set(compiled)

    compiled.clear()
    assert show_both(tmp_path, content) == first
    assert compiled == []
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".bin"}


@pytest.mark.usefixtures("compiled")
def test_two_threads_of_one_process_may_compile_the_same_template_at_once(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second writes and ends between the two steps of the first."""
    replace, shown = Path.replace, list[str]()

    def after_the_other(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        second = Thread(target=lambda: shown.append(show_both(tmp_path, content)[1]))
        second.start()
        second.join()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", after_the_other)
    shown.append(show_both(tmp_path, content)[1])
    assert len(shown) == 2
    assert len(set(shown)) == 1
