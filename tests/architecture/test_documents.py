"""Documents name tests and files that exist, and folders are as the decisions say."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from functions.web import render
from shared.mail import renderer
from tests.builders import ROOT
from tests.every_row import every_row

README = ROOT / "README.md"
PROMISES = ROOT / "docs" / "promises.md"
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
DOCUMENTS = [
    README,
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "infra/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TOP_LEVEL = {"functions", "shared", "local", "benchmarks", "tests", "docs", "infra", "spec", ".ci", ".vscode"}
BUILT = {f"{folder.relative_to(ROOT)}/" for folder in (render.COMPILED, renderer.COMPILED)}
MOST_MODULES = 12


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def quoted(text: str) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", prose)


def named_tests(text: str) -> list[str]:
    return [each for each in quoted(text) if each.startswith("tests/") and "::" in each]


def named_paths(text: str) -> Iterator[str]:
    for each in quoted(text):
        first, slash, _ = each.partition("/")
        if "::" not in each and ((slash and first in TOP_LEVEL) or re.fullmatch(r"\w+\.py|pyproject\.toml", each)):
            yield each


@cache
def functions_in(path: str) -> frozenset[str]:
    source = ROOT / path
    body = ast.parse(source.read_text("utf-8")).body if source.is_file() else []
    return frozenset(each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def missing_tests(text: str) -> list[str]:
    split = [each.partition("::") for each in named_tests(text)]
    return [f"{path}::{name}" for path, _, name in split if name not in functions_in(path) or name[:5] != "test_"]


def missing_paths(text: str) -> list[str]:
    """Paths that no file has. `<trust>` stands for any name; what is built before deploying need not be there."""
    return [each for each in named_paths(text) if each not in BUILT and not any(ROOT.glob(re.sub("<.*?>", "*", each)))]


def broken_links(document: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
    return [each for each in targets if not (document.parent / each).exists()]


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def promised(readme: str) -> list[str]:
    """The names of what the README promises: the bold beginnings of its two promises and of "How things travel"."""
    travel = section(readme, "How things travel")
    bold = re.findall(r"^(?:\d\. )?\*\*(.+?)\*\*", readme.partition("\n## ")[0] + travel, re.MULTILINE)
    return [each.removesuffix(".") for each in bold]


def promises_without_test(text: str) -> list[str]:
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| Promise |")]
    return [line for line in rows if not named_tests(line)]


def crowded_folders(root: Path) -> dict[str, int]:
    folders = {path.parent for top in ("functions", "shared", "local") for path in (root / top).rglob("*.py")}
    counts = {folder: len([each for each in folder.glob("*.py") if each.stem != "__init__"]) for folder in folders}
    return {str(folder.relative_to(root)): count for folder, count in counts.items() if count > MOST_MODULES}


def unplaced_tests(root: Path) -> list[str]:
    unit = root / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    return [str(folder) for folder in sorted(folders) if not (root / folder).is_dir()]


@every_row("decision", DECISIONS)
def test_each_decision_names_a_test_that_enforces_it(decision: Path) -> None:
    assert named_tests(decision.read_text("utf-8").partition("**Enforced by:**")[2])


def test_decisions_are_numbered_without_a_gap() -> None:
    titles = [path.read_text("utf-8").partition(". ")[0] for path in DECISIONS]

    assert titles == [f"# {number}" for number in range(1, len(DECISIONS) + 1)]


@every_row("document", DOCUMENTS)
def test_every_test_path_and_link_of_a_document_exists(document: Path) -> None:
    text = document.read_text("utf-8")

    assert missing_tests(text) == []
    assert missing_paths(text) == []
    assert broken_links(document) == []


def test_what_does_not_exist_is_noticed(tmp_path: Path) -> None:
    """Of each kind one that exists and one that does not."""
    this = "tests/architecture/test_documents.py"
    document = tmp_path / "document.md"
    document.write_text("[here](document.md) and [there](gone.md), https://example.org", "utf-8")

    assert missing_tests(f"`{this}::test_what_does_not_exist_is_noticed` `{this}::test_x`") == [f"{this}::test_x"]
    assert missing_tests(f"`{this}::name_of` `tests/gone.py::test_x`") == [f"{this}::name_of", "tests/gone.py::test_x"]
    paths = (
        "`shared/` `shared/gone/` `function_app.py` `gone.py` `functions/content/<trust>/en.toml` `shared/<one>.txt`"
    )
    assert missing_paths(paths) == ["shared/gone/", "gone.py", "shared/<one>.txt"]
    assert broken_links(document) == ["gone.md"]


def test_the_layout_of_the_readme_leaves_no_folder_out() -> None:
    layout = list(named_paths(section(README.read_text("utf-8"), "Layout")))
    folders = [path for top in ("functions", "shared", "tests") for path in (ROOT / top).iterdir() if path.is_dir()]
    shown = [folder for folder in folders if folder.name not in {"__pycache__", "compiled", "content"}]

    assert [name_of(folder) for folder in shown if f"{name_of(folder)}/" not in layout] == []


def test_everything_that_the_readme_promises_has_its_tests() -> None:
    promises = PROMISES.read_text("utf-8")

    assert len(promised(README.read_text("utf-8"))) > 5
    assert re.findall(r"^## (.+)$", promises, re.MULTILINE) == promised(README.read_text("utf-8"))
    assert all(named_tests(section(promises, each)) for each in promised(README.read_text("utf-8")))
    assert promises_without_test(promises) == []


def test_a_promise_without_a_test_is_noticed() -> None:
    readme = (
        "1. **One.** Text\n\n## How things travel\n\n**A booking** is **kept**.\n\n## Functions\n\n**No promise**\n"
    )

    assert promised(readme) == ["One", "A booking"]
    assert promises_without_test("| Promise | Held by |\n| Kept | `tests/x.py::test_y` |\n| Not | |") == ["| Not | |"]


def test_no_folder_holds_more_than_a_dozen_modules() -> None:
    assert crowded_folders(ROOT) == {}


def test_unit_tests_lie_in_the_folders_of_the_code_they_test() -> None:
    assert unplaced_tests(ROOT) == []


def test_a_crowded_folder_and_a_misplaced_test_are_noticed(tmp_path: Path) -> None:
    crowded = [tmp_path / "shared" / f"module_{number}.py" for number in range(MOST_MODULES + 1)]
    placed = [tmp_path / "tests" / "unit" / folder / "test_it.py" for folder in ("shared", "gone")]
    for path in chain(crowded, placed):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert crowded_folders(tmp_path) == {"shared": MOST_MODULES + 1}
    assert unplaced_tests(tmp_path) == ["gone"]
