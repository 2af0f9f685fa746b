"""The exact versions in the requirements files and the ranges in pyproject.toml belong together."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.commands.lock import compile_command
from local.package.sbom import write_sbom
from local.paths import ROOT

_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


FILES = ("requirements.txt", "local/requirements.txt")
_HASH = re.compile(r" --hash=sha256:[0-9a-f]{64}")


def _entries(path: str) -> list[str]:
    """Each requirement in one line, with its hashes."""
    lines = (ROOT / path).read_text("utf-8").replace("\\\n    ", "").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _lines(path: str) -> list[str]:
    return [_HASH.sub("", entry) for entry in _entries(path)]


def _without_hash(entries: Iterable[str]) -> list[str]:
    return [entry for entry in entries if not re.fullmatch(rf"[^ ]+==[^ ]+( ; .+?)?({_HASH.pattern})+", entry)]


def _pins(path: str) -> Mapping[str, Version]:
    pins: dict[str, Version] = {}
    for requirement in map(Requirement, _lines(path)):
        [pin] = requirement.specifier
        assert pin.operator == "==", requirement
        pins[canonicalize_name(requirement.name)] = Version(pin.version)
    return pins


@pytest.mark.parametrize(
    ("path", "ranges"),
    [
        ("requirements.txt", _PYPROJECT["project"]["dependencies"]),
        ("local/requirements.txt", _PYPROJECT["dependency-groups"]["local"]),
    ],
)
def test_every_dependency_is_pinned_to_a_version_in_its_range(path: str, ranges: list[str]) -> None:
    pins = _pins(path)

    for requirement in map(Requirement, ranges):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_tests_run_with_the_versions_that_are_deployed() -> None:
    deployed, local = _pins("requirements.txt"), _pins("local/requirements.txt")

    assert {name: local[name] for name in deployed.keys() & local.keys()} == {
        name: deployed[name] for name in deployed.keys() & local.keys()
    }


@pytest.mark.parametrize("path", FILES)
def test_every_package_has_the_hash_of_each_of_its_files(path: str) -> None:
    assert len(_entries(path)) > 30
    assert _without_hash(_entries(path)) == []


def test_a_line_without_a_hash_or_with_half_a_one_is_noticed() -> None:
    digest = "0" * 64
    good = f"one==1 ; os_name == 'nt' --hash=sha256:{digest} --hash=sha256:{digest}"
    bad = ["one==1", f"one==1 --hash=sha256:{digest[1:]}", f"one>=1 --hash=sha256:{digest}", f"one --hash=md5:{digest}"]

    assert _without_hash([good, *bad]) == bad


def test_what_is_in_both_files_has_the_same_hashes_in_both() -> None:
    deployed, local = ({entry.partition("==")[0]: entry for entry in _entries(path)} for path in FILES)

    assert [name for name in deployed.keys() & local.keys() if deployed[name] != local[name]] == []


@pytest.mark.parametrize("path", FILES)
def test_the_files_say_the_command_that_compiled_them(path: str) -> None:
    said = (ROOT / path).read_text("utf-8").splitlines()[1]

    assert said == f"#    uv {' '.join(compile_command(path))}"


def test_the_packages_that_are_deployed_are_listed_with_their_hashes(tmp_path: Path) -> None:
    write_sbom(ROOT / "requirements.txt", {"jinja2": "BSD License", "cffi": "MIT-0"}, tmp_path / "sbom.json")

    listed = json.loads((tmp_path / "sbom.json").read_text("utf-8"))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    found = {each["purl"]: {digest["content"] for digest in each["hashes"]} for each in listed["components"]}
    pins = _pins("requirements.txt")
    assert found.keys() == {f"pkg:pypi/{name}@{version}" for name, version in pins.items()}
    assert sorted(chain.from_iterable(found.values())) == sorted(
        digest[-64:] for entry in _entries("requirements.txt") for digest in _HASH.findall(entry)
    )
    licences = {each["name"]: each["licenses"] for each in listed["components"] if "licenses" in each}
    assert licences == {"cffi": [{"license": {"id": "MIT-0"}}], "jinja2": [{"license": {"name": "BSD License"}}]}
    assert "serialNumber" not in listed, "each list would be another one"
    assert listed["metadata"] == {}


def test_the_same_packages_are_deployed_whatever_system_builds_them() -> None:
    """pip asks this machine, not Azure's, what a condition of a requirement says."""
    markers = [requirement.marker for requirement in map(Requirement, _lines("requirements.txt")) if requirement.marker]
    conditions = {part for marker in markers for part in re.findall(r"[a-z_]+(?= [!=<>])", str(marker))}

    assert conditions <= {"implementation_name", "platform_python_implementation"}


@pytest.mark.parametrize("path", FILES)
def test_packages_come_from_the_index_that_the_machine_is_set_to_use(path: str) -> None:
    assert [line for line in _lines(path) if line.startswith("-") or "://" in line] == []


def test_azurite_is_locked_with_the_digest_of_every_package() -> None:
    lock = json.loads((ROOT / "local" / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((ROOT / "local" / "package.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert packages["node_modules/azurite"]["version"] == wanted["dependencies"]["azurite"]
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
