"""What is deployed and what is not."""

import pytest
from pathspec import GitIgnoreSpec

from local.places import ROOT


@pytest.fixture(scope="module")
def ignored() -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    "path",
    [
        "function_app.py",
        "functions/content/mersey-care.toml",
        "functions/templates/bookings/form.html",
        "functions/static/nhsuk.css",
        "shared/mail/templates/confirmation.jinja",
        "host.json",
        "requirements.txt",
        ".python_packages/lib/site-packages/jinja2/__init__.py",
    ],
)
def test_what_the_service_needs_is_deployed(ignored: GitIgnoreSpec, path: str) -> None:
    assert not ignored.match_file(path)


@pytest.mark.parametrize(
    "path",
    [
        ".local/keys.json",
        ".local/node/node_modules/azurite/package.json",
        ".venv/bin/python",
        ".vscode/tasks.json",
        "dev.py",
        "docs/adr/0001.md",
        "infra/main.bicep",
        "local/run.py",
        "local.settings.json",
        "shared/__pycache__/settings.cpython-313.pyc",
        "tests/unit/local/test_keys.py",
    ],
)
def test_what_only_developers_need_is_not_deployed(ignored: GitIgnoreSpec, path: str) -> None:
    assert ignored.match_file(path)
