"""What the deployed code and its script never do, read off the source. Each rule is shown to find an offender."""

import ast
import re

import pytest

from tests.architecture.source_code import DEPLOYED, attributes, imports, nodes, offenders
from tests.builders import ROOT

PROGRAMS_AND_OBJECTS = {"subprocess", "pty", "ctypes", "pickle", "marshal", "shelve", "xml", "yaml"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
RUNS_PROGRAMS = {("os", "system"), ("os", "popen"), ("os", "startfile")}
WEAK = {"md5", "sha1", "MD5", "SHA1", "blake2s"}
UNCHECKED = re.compile(r"CERT_NONE|_create_unverified_context|verify\s*=\s*False|connection_verify|check_hostname")
SCRIPT = (ROOT / "functions" / "static" / "referral.js").read_text("utf-8")
_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\b|__proto__|\]\s*=[^=>]"
)
_KEEPS = re.compile(r"localStorage|sessionStorage|indexedDB|\.cookie|serviceWorker|\bcaches\b")


def programs_and_objects(source: str) -> list[str]:
    named = {each.partition(".")[0] for each in imports(source)} & PROGRAMS_AND_OBJECTS
    called = {node.func.id for node in nodes(source) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    run = {f"{name}.{attribute}" for name, attribute in RUNS_PROGRAMS & set(attributes(source))}
    return sorted(named | (called & RUNS_TEXT) | run)


def weak_hashes(source: str) -> list[str]:
    names = [node.id for node in nodes(source) if isinstance(node, ast.Name)]
    names += [node.attr for node in nodes(source) if isinstance(node, ast.Attribute)]
    return sorted({*names, *_imported(source)} & WEAK)


def _imported(source: str) -> list[str]:
    found = [node for node in nodes(source) if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in found for alias in node.names]


def unchecked_certificates(source: str) -> list[str]:
    return UNCHECKED.findall(source)


def test_what_is_deployed_runs_no_program_and_unpacks_no_objects() -> None:
    assert offenders(programs_and_objects, DEPLOYED) == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import subprocess", "subprocess"),
        ("from xml.etree import ElementTree", "xml"),
        ("eval(text)", "eval"),
        ("os.system(text)", "os.system"),
        ("import pickle as p", "pickle"),
    ],
)
def test_code_that_runs_a_program_or_unpacks_objects_is_found(source: str, found: str) -> None:
    assert programs_and_objects(source) == [found]
    assert programs_and_objects("import re\nre.compile('x')\nsession.evaluate()") == []


def test_the_code_uses_no_weak_hash() -> None:
    assert offenders(weak_hashes, DEPLOYED) == {}


@pytest.mark.parametrize("source", ["hashlib.md5(x)", "from hashlib import sha1", "hashes.SHA1()"])
def test_a_weak_hash_is_found(source: str) -> None:
    assert len(weak_hashes(source)) == 1


def test_nothing_turns_the_check_of_certificates_off() -> None:
    assert offenders(unchecked_certificates, DEPLOYED) == {}


@pytest.mark.parametrize("source", ["get(url, verify=False)", "Client(url, connection_verify=False)", "ssl.CERT_NONE"])
def test_certificates_that_are_not_checked_are_found(source: str) -> None:
    assert unchecked_certificates(source)


def test_the_script_builds_no_markup_and_runs_no_text() -> None:
    assert _MARKUP.findall(SCRIPT) == []


def test_the_script_keeps_nothing_in_the_browser() -> None:
    assert _KEEPS.findall(SCRIPT) == []


@pytest.mark.parametrize("line", ["node.innerHTML = x", "eval(x)", "kept[name] = value", "document.write(x)"])
def test_a_script_that_builds_markup_or_writes_by_name_is_found(line: str) -> None:
    assert _MARKUP.search(line)


@pytest.mark.parametrize("line", ["localStorage.setItem(a, b)", "document.cookie = x"])
def test_a_script_that_keeps_something_is_found(line: str) -> None:
    assert _KEEPS.search(line)
