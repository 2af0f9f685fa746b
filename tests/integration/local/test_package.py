"""What is deployed: built as people build it, packed, unpacked elsewhere, and run with nothing else of the project."""

import hashlib
import importlib.util
import json
import os
import platform
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from functions.web import render
from local.commands.package import build
from local.package.byte_code import compile_modules
from local.package.folder import IGNORE_FILE, LIBRARIES, service_files
from local.package.libraries import install_libraries
from local.package.licences import installed
from local.package.running_app import running_packaged_app
from local.paths import ROOT, STATE
from local.process.ports import free_ports
from local.setup.keys import new_keys
from local.stack import environment
from local.stack.azurite import running_azurite
from local.stack.host_client import HostClient
from local.stack.tables_and_queues import create_storage
from shared.mail import renderer
from tests.e2e.http_client import get

runs_here = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="its libraries are for Linux on x86-64"
)
OURS = ("functions", "shared", "local", "tests", "benchmarks", "function_app")
_UNCHECKED_HASH = 0b01  # PEP 552: valid by the hash of its source, which Python does not read
_PEP_552 = struct.Struct("<4sI8s")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command wrote to."""
    target = tmp_path_factory.mktemp("built")
    done = subprocess.run(
        [sys.executable, "-m", "local.commands.package", "--to", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (target / "said.txt").write_text(done.stdout, "utf-8")
    return target


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip's files with the date of today, as an instance in Azure has them."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(built / "package.zip") as archive:
        archive.extractall(folder)
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def tree(folder: Path) -> dict[str, str]:
    """The files of a folder, each with its digest."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest(path) for path in files}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- Contents ----


def test_it_says_what_it_built(built: Path) -> None:
    said = (built / "said.txt").read_text("utf-8").splitlines()

    size = (built / "package.zip").stat().st_size / 1_000_000
    assert said[0].startswith(f"{built / 'package.zip'}: {size:.1f} MB, unpacked ")
    modules = sum(path.suffix == ".py" for path in service_files())
    assert f"{modules} modules as byte code, " in said[1]
    assert size < 30, "each start of an instance loads it"


def test_the_zip_is_the_folder(built: Path, unpacked: Path) -> None:
    folder = tree(built / "package")

    assert folder.pop(IGNORE_FILE)
    assert tree(unpacked) == folder


def test_it_has_the_service_with_compiled_templates_and_every_library(unpacked: Path) -> None:
    files = {path for path in names(unpacked) if not Path(path).is_relative_to(LIBRARIES) and "__pycache__" not in path}
    compiled = {path for path in files if path.endswith(".bin")}
    folders = {Path(path).parent for path in compiled}
    listed = {
        line.split("==")[0] for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "==" in line
    }

    assert files - compiled == {path.as_posix() for path in service_files()}
    assert folders == {folder.relative_to(ROOT) for folder in (render.COMPILED, renderer.COMPILED)}
    assert {library.name for library in installed(unpacked / LIBRARIES)} == listed


def test_azd_packs_all_of_the_folder(built: Path) -> None:
    """azd leaves out every `__pycache__` unless a `.funcignore` decides: `createDeployableZip` of azure-dev."""
    spec = GitIgnoreSpec.from_lines((built / "package" / IGNORE_FILE).read_text("utf-8").splitlines())

    assert [path for path in names(built / "package") if spec.match_file(path)] == []


def test_libraries_are_listed_each_with_its_licence(built: Path) -> None:
    listed = json.loads((built / "package.cdx.json").read_text("utf-8"))["components"]
    licences = (built / "package.licences.txt").read_text("utf-8").partition("\n\n")[0].splitlines()

    assert [each["name"] for each in listed if not each.get("licenses")] == []
    assert [line.split()[0] for line in licences] == sorted(each["name"] for each in listed)
    assert [line for line in licences if line.endswith(": ")] == []


def test_no_library_takes_the_place_of_a_folder_of_ours(unpacked: Path) -> None:
    """Azure's worker looks into its own packages before ours; the runtime and its packages are in .venv here."""
    places = [unpacked / LIBRARIES, *(Path(path) for path in sys.path if Path(path).name == "site-packages")]
    names = {path.name.partition(".")[0] for place in places for path in place.iterdir()}

    assert {"jinja2", "azure", "azure_functions_runtime"} <= names
    assert names & {*OURS} == set()


# ---- Byte code ----


def stale(folder: Path) -> list[str]:
    """Modules without byte code that is valid whatever their date, and byte code without a module."""
    sources, codes = set(folder.rglob("*.py")), set(folder.rglob("*.pyc"))
    expected = {Path(importlib.util.cache_from_source(source)): source for source in sources}
    without = {expected[code] for code in expected.keys() - codes}
    wrong = {code for code in expected.keys() & codes if not is_of(code.read_bytes(), expected[code].read_bytes())}
    return sorted(str(path.relative_to(folder)) for path in (codes - expected.keys()) | without | wrong)


def is_of(code: bytes, source: bytes) -> bool:
    header = _PEP_552.pack(importlib.util.MAGIC_NUMBER, _UNCHECKED_HASH, importlib.util.source_hash(source))
    return code.startswith(header)


def test_every_module_has_its_byte_code_and_none_is_stale(unpacked: Path) -> None:
    assert stale(unpacked) == []
    assert len(list(unpacked.rglob("*.pyc"))) > 2000


def test_byte_code_that_is_missing_stale_or_of_no_module_is_noticed(tmp_path: Path) -> None:
    for name in ("good", "missing", "changed", "gone"):
        (tmp_path / f"{name}.py").write_text("a = 1\n", "utf-8")
    compile_modules(tmp_path)
    (tmp_path / "changed.py").write_text("a = 2\n", "utf-8")
    (tmp_path / "gone.py").unlink()
    Path(importlib.util.cache_from_source(tmp_path / "missing.py")).unlink()

    assert stale(tmp_path) == ["__pycache__/changed.cpython-313.pyc", "__pycache__/gone.cpython-313.pyc", "missing.py"]


@pytest.mark.parametrize("with_libraries", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_the_same_files_give_the_same_package(with_libraries: bool, built: Path, tmp_path: Path) -> None:
    """In another process, so with other hashes of strings, and in another folder; a zip has tests of its own."""
    libraries = tmp_path / "site-packages"
    libraries.mkdir()
    if with_libraries:
        install_libraries(libraries)

    build(tmp_path, libraries)

    first, second = (tree(target / "package") for target in (built, tmp_path))
    of_service = {name: found for name, found in first.items() if not Path(name).is_relative_to(LIBRARIES)}
    assert second == (first if with_libraries else of_service)
    for name in ("package.zip", "package.cdx.json", "package.licences.txt") if with_libraries else ():
        assert digest(tmp_path / name) == digest(built / name), name


def test_nothing_in_it_names_the_machine_that_built_it(built: Path, unpacked: Path) -> None:
    places = [str(path).encode() for path in (ROOT, STATE, built)]

    assert [name for name in names(unpacked) if any(place in (unpacked / name).read_bytes() for place in places)] == []


# ---- Running ----

IMPORT_ALL = """
import function_app, functions, pkgutil, shared, sys, sysconfig
for package in (functions, shared):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        __import__(found.name)
standard = sysconfig.get_path("stdlib")
files = {name: str(getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())}
print([name for name, file in files.items() if file and not file.startswith((sys.argv[1], standard))])
print(len([file for file in files.values() if file.startswith(sys.argv[1])]))
"""


@runs_here
def test_every_module_is_imported_with_nothing_but_the_package(unpacked: Path) -> None:
    path = os.pathsep.join(str(place) for place in (unpacked / LIBRARIES, unpacked))
    command = [sys.executable, "-S", "-P", "-W", "error", "-c", IMPORT_ALL, str(unpacked)]
    done = subprocess.run(command, cwd=unpacked, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    elsewhere, count = done.stdout.splitlines()
    assert elsewhere == "[]"
    assert int(count) > 500


@pytest.fixture(scope="module")
def apps(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, HostClient]]:
    """Both apps from what was unpacked."""
    place = tmp_path_factory.mktemp("apps")
    with ExitStack() as running:
        azurite = running.enter_context(running_azurite())
        ports = dict(zip(("web", "worker"), free_ports(2), strict=True))
        shared = environment.settings(
            azurite=azurite,
            mail_url="http://127.0.0.1:9",
            site_url=f"http://127.0.0.1:{ports['web']}",
            keys=new_keys(),
        )
        create_storage(shared)
        clients = {
            role: running.enter_context(running_packaged_app(unpacked, place, role, port, shared))
            for role, port in ports.items()
        }
        clients["worker"].run("schedule")
        yield clients


@runs_here
@pytest.mark.parametrize(
    ("role", "path", "status", "text"),
    [
        ("web", "/health", 200, '{"status": "healthy"}'),
        ("worker", "/health", 200, '{"status": "healthy"}'),
        ("web", "/sessions", 200, "<h1"),
        ("web", "/collect/" + "a" * 47, 404, "Page not found"),
        ("worker", "/sessions", 404, "Page not found"),
        ("worker", "/acknowledge/" + "a" * 47, 404, "<h1"),
    ],
)
def test_both_apps_run_from_the_package_alone(
    apps: dict[str, HostClient], role: str, path: str, status: int, text: str
) -> None:
    answer = get(f"{apps[role].url}{path}")

    assert (answer.status, text in answer.text) == (status, True), answer.text


@runs_here
def test_nothing_is_compiled_or_written_while_they_run(
    apps: dict[str, HostClient], built: Path, unpacked: Path
) -> None:
    for role, path in (("web", "/sessions"), ("worker", "/health")):
        get(f"{apps[role].url}{path}")

    assert names(unpacked) == names(built / "package") - {IGNORE_FILE}
