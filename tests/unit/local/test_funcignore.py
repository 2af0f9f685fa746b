"""The files that are deployed, and those that are not."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from functions.web import render
from local.package.folder import service_files
from local.paths import ROOT
from shared.mail import renderer

SERVICE = ("function_app.py", "host.json", "requirements.txt")
FOLDERS = ("functions/", "shared/")


@cache
def files() -> frozenset[str]:
    """Every file of the project, added to Git or not yet, without those that Git is told to ignore."""
    # In a container the checkout may belong to another user.
    git = ["git", "-c", f"safe.directory={ROOT.as_posix()}", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(line for line in found.stdout.splitlines() if (ROOT / line).exists())


def is_of_the_service(path: str) -> bool:
    return path in SERVICE or (path.startswith(FOLDERS) and not path.endswith(".md"))


@pytest.fixture(scope="module")
def ignored() -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text("utf-8").splitlines())


def test_every_file_of_the_service_is_deployed(ignored: GitIgnoreSpec) -> None:
    of_the_service = {path for path in files() if is_of_the_service(path)}

    assert {path for path in of_the_service if ignored.match_file(path)} == set()
    assert of_the_service >= {*SERVICE, "functions/site/health.py", "shared/mail/templates/reminder.jinja"}


def test_the_package_has_just_those_files() -> None:
    assert {path.as_posix() for path in service_files()} == {path for path in files() if is_of_the_service(path)}


@pytest.mark.parametrize(
    "path",
    ["notes.txt", "functions/README.md", "functions/__pycache__/a.pyc", "functions/compiled/old.bin", "local/a.py"],
)
def test_the_package_leaves_out_what_lies_about(path: str, tmp_path: Path) -> None:
    for name in (path, "functions/site/health.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(ROOT / ".funcignore", tmp_path)

    assert service_files(tmp_path) == [Path("functions/site/health.py")]


@pytest.mark.parametrize("folder", [render.COMPILED, renderer.COMPILED])
def test_the_compiled_templates_are_deployed_though_git_does_not_keep_them(
    ignored: GitIgnoreSpec, folder: Path
) -> None:
    path = f"{folder.relative_to(ROOT).as_posix()}/0123456789abcdef.bin"
    in_git = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text("utf-8").splitlines())
    assert not ignored.match_file(path)
    assert in_git.match_file(path)


def test_no_other_file_of_the_project_is_deployed(ignored: GitIgnoreSpec) -> None:
    assert {path for path in files() if not is_of_the_service(path) and not ignored.match_file(path)} == set()


@pytest.mark.parametrize(
    "path",
    [
        "numpy/tests/__init__.py",
        "azure/functions/local/docs/infra/dev.py",
        "node_modules/package.json",
        "jinja2/__pycache__/loaders.cpython-313.pyc",
        "some-1.0.dist-info/licenses/LICENSE.md",
    ],
)
def test_a_package_that_was_built_before_is_deployed_whole(ignored: GitIgnoreSpec, path: str) -> None:
    assert not ignored.match_file(f".python_packages/lib/site-packages/{path}")


@pytest.mark.parametrize(
    "path",
    [
        ".local/keys.json",
        ".local/node/node_modules/azurite/package.json",
        ".venv/bin/python",
        ".azure/prod/.env",
        ".git/config",
        ".hypothesis/examples/1",
        ".import_linter_cache/1",
        ".mypy_cache/1",
        ".pytest_cache/1",
        ".ruff_cache/1",
        "local.settings.json",
        "__pycache__/function_app.cpython-313.pyc",
        "functions/__pycache__/health.cpython-313.pyc",
        "shared/bookings/__pycache__/model.cpython-313.pyc",
    ],
)
def test_what_lies_about_on_a_developer_s_machine_is_not_deployed(ignored: GitIgnoreSpec, path: str) -> None:
    assert ignored.match_file(path)
