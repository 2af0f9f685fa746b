"""Workflows run only actions that are pinned to a commit, with no more rights than to read the source."""

import re

from tests.builders import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
_PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def unpinned(text: str) -> list[str]:
    used = re.findall(r"^\s*(?:- )?uses:\s*(.+?)\s*$", text, re.MULTILINE)
    return [each for each in used if not _PINNED.fullmatch(each)]


def rights(text: str) -> list[str]:
    return re.findall(r"^permissions:\n((?:  .+\n)+)", text, re.MULTILINE)


def test_every_action_is_pinned_to_a_commit() -> None:
    assert WORKFLOWS
    assert [each for path in WORKFLOWS for each in unpinned(path.read_text("utf-8"))] == []


def test_an_action_that_can_change_is_noticed() -> None:
    commit = "0123456789" * 4
    text = f"- uses: a/b@{commit} # v1.2.3\n- uses: a/b@v4\n  uses: a/b@{commit[:7]}\n"

    assert unpinned(text) == ["a/b@v4", f"a/b@{commit[:7]}"]


def test_no_workflow_can_do_more_than_read_the_source() -> None:
    assert [rights(path.read_text("utf-8")) for path in WORKFLOWS] == [["  contents: read\n"] for _ in WORKFLOWS]


def test_the_workflow_runs_every_check_and_looks_for_known_vulnerabilities() -> None:
    text = (FOLDER / "workflows" / "test.yml").read_text("utf-8")

    assert "run: .ci/run" in text
    assert "pip_audit --require-hashes --disable-pip -r requirements.txt -r local/requirements.txt" in text


def test_every_file_of_versions_is_proposed_newer_ones() -> None:
    proposed = (FOLDER / "dependabot.yml").read_text("utf-8")
    files = ("requirements.txt", "local/requirements.txt", "local/package.json")

    assert all((ROOT / path).exists() for path in files)
    assert re.findall(r"package-ecosystem: (\S+)", proposed) == ["pip", "npm", "github-actions"]
    assert 'directories: ["/", "/local"]' in proposed
