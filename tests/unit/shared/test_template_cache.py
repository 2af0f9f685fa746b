"""Templates compiled with the package: used where they fit, and never where they do not."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import Environment, FileSystemLoader

from functions.web import render
from local.package.templates import TemplateCacheWriter, compile_templates
from shared.content.content import Content
from shared.mail import renderer
from shared.mail.renderer import MailRenderer
from shared.template_cache import CompiledTemplates
from tests.unit.functions.page_examples import PAGES, show

PAGE = "page.html"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Where pages and emails are compiled; something of the last time lies there."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "pages").mkdir()
    (folder / "pages" / "old.bin").write_bytes(b"old")
    return folder / "pages", folder / "mails"


@pytest.fixture(scope="module")
def counted(folders: tuple[Path, Path]) -> Mapping[Path, int]:
    return compile_templates(*folders)


@pytest.fixture
def built(folders: tuple[Path, Path], counted: Mapping[Path, int]) -> tuple[Path, Path]:
    return folders


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of templates that are compiled from now on."""
    compiled: list[str] = []
    compile_ = Environment.compile

    def noting(self: Environment, source: Any, name: str | None = None, *args: Any, **kwargs: Any) -> Any:
        compiled.append(str(name))
        return compile_(self, source, name, *args, **kwargs)

    monkeypatch.setattr(Environment, "compile", noting)
    yield compiled
    render._environment.cache_clear()


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of templates with one page, and an empty one for what is compiled."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "compiled").mkdir()
    (tmp_path / "templates" / PAGE).write_text("As it was", "utf-8")
    return tmp_path / "templates", tmp_path / "compiled"


def environment(places: tuple[Path, Path], *, write: bool = False, **options: Any) -> Environment:
    cache = TemplateCacheWriter(places[1]) if write else CompiledTemplates(places[1])
    return Environment(loader=FileSystemLoader(places[0]), bytecode_cache=cache, **{"autoescape": True, **options})


def shown(places: tuple[Path, Path], **options: Any) -> str:
    return environment(places, **options).get_template(PAGE).render(x="<")


def put_in_its_place(places: tuple[Path, Path], text: str) -> None:
    """Another page's compiled form where the page's own would lie, with the checksum of the page's text."""
    cache = TemplateCacheWriter(places[1])
    known = environment(places)
    bucket = cache.get_bucket(known, PAGE, None, (places[0] / PAGE).read_text("utf-8"))
    bucket.code = known.compile(text, PAGE, PAGE)
    cache.dump_bytecode(bucket)


def fresh(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(render, "COMPILED", folder)
    render._environment.cache_clear()


def test_the_first_page_of_a_process_compiles_nothing(
    built: tuple[Path, Path], compiling: list[str], content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh(monkeypatch, built[0])
    for name in PAGES:
        show(name, content)
    assert compiling == []


def test_the_first_mail_of_a_process_compiles_nothing(
    built: tuple[Path, Path], compiling: list[str], content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer, "COMPILED", built[1])
    facts = {"reference": "34679CDF", "answers": [("Name", "Zoë")], "link_url": "https://b.example/acknowledge/t"}
    facts |= {"received_on": "Friday 1 September 2023", "contact_by": "Friday 15 September 2023"}
    MailRenderer(content).render("referral", to="a@b.example", **facts)
    assert compiling == []


def test_a_package_that_was_built_without_them_shows_the_same_pages(
    built: tuple[Path, Path], compiling: list[str], content: Content, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = []
    for folder in (built[0], tmp_path / "nowhere"):
        fresh(monkeypatch, folder)
        found.append([show(name, content).html for name in PAGES])
    assert found[0] == found[1]
    assert "layout.html" in compiling


def test_what_was_compiled_is_what_is_shown(places: tuple[Path, Path]) -> None:
    """The control of the next ones: compiled forms in this folder are believed if they fit."""
    put_in_its_place(places, "Compiled")
    assert shown(places) == "Compiled"


def test_a_template_that_has_changed_since_is_compiled_again(places: tuple[Path, Path]) -> None:
    put_in_its_place(places, "Compiled")
    (places[0] / PAGE).write_text("As it is", "utf-8")
    assert shown(places) == "As it is"


def test_what_another_jinja_made_is_not_used(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_its_place(places, "Compiled")
    monkeypatch.setattr(jinja2, "__version__", "3.1.99")
    assert shown(places) == "As it was"


def test_what_was_made_with_other_options_is_not_used(places: tuple[Path, Path]) -> None:
    (places[0] / PAGE).write_text("{{ x }}", "utf-8")
    environment(places, write=True, autoescape=False).get_template(PAGE)
    assert shown(places, autoescape=False) == "<"
    assert shown(places) == "&lt;"
    environment(places, write=True).get_template(PAGE)
    assert shown(places, finalize=lambda _: "seen") == "seen"


@pytest.mark.parametrize("damaged", [b"", b"j2", b"\x00" * 200, "cut"])
def test_a_damaged_file_is_not_used(places: tuple[Path, Path], damaged: bytes | str) -> None:
    put_in_its_place(places, "Compiled")
    [path] = places[1].iterdir()
    path.write_bytes(damaged if isinstance(damaged, bytes) else path.read_bytes()[:-20])
    assert shown(places) == "As it was"


def test_a_running_service_writes_nothing_beside_its_code(places: tuple[Path, Path]) -> None:
    assert shown(places) == "As it was"
    assert list(places[1].iterdir()) == []


def test_it_does_not_matter_where_the_package_was_built(places: tuple[Path, Path], compiling: list[str]) -> None:
    environment(places, write=True).get_template(PAGE)
    elsewhere = Path(shutil.move(places[0], places[0].with_name("elsewhere")))
    compiling.clear()
    assert shown((elsewhere, places[1])) == "As it was"
    assert compiling == []


def test_what_is_compiled_is_the_same_in_another_folder(places: tuple[Path, Path], tmp_path: Path) -> None:
    (places[0] / PAGE).write_text("{% block a %}{% for x in y %}{{ x }}{% endfor %}{% endblock %}", "utf-8")
    shutil.copytree(places[0], tmp_path / "elsewhere" / "templates")
    others = (tmp_path / "elsewhere" / "templates", tmp_path / "elsewhere" / "compiled")
    others[1].mkdir()

    for each in (places, others):
        environment(each, write=True).get_template(PAGE)

    [one], [other] = ([path.read_bytes() for path in each[1].iterdir()] for each in (places, others))
    assert one == other


def test_building_again_leaves_nothing_of_the_last_time(
    folders: tuple[Path, Path], counted: Mapping[Path, int]
) -> None:
    assert not (folders[0] / "old.bin").exists()
    assert counted[folders[0]] > 50
