"""`GET /openapi.json`: what it says is what the service does, as schemathesis sees that tries hundreds of requests."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, ROOT, session_cells
from tests.e2e.conftest import person, roster, rows
from tests.e2e.http_client import get, get_json, post_json
from tests.e2e.schemathesis_hooks import SESSION

PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"
# Hundreds of people would use up the hour's emails of the service that the other tests share.
SILENT = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("send_mail", "forward_referral")}

CONFIG = ROOT / "tests" / "e2e" / "schemathesis.toml"
OPTIONS = ["--seed", "1", "--workers", "2", "-H", "Accept: application/json", "--continue-on-failure", "--no-color"]
OPTIONS += ["--generation-database", "none"]
SHORT = ["--phases", "examples,fuzzing", "--max-examples", "10"]
# Tries the bounds of every value as well, which takes schemathesis ten times as long.
LONG = ["--phases", "examples,coverage,fuzzing", "--max-examples", "10"]

type Document = dict[str, Any]
type RunSchemathesis = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def stack_without_emails() -> Iterator[Stack]:
    """A service of its own with a session that is never full, which sends nobody anything."""
    with running_stack(at=MORNING, settings=SILENT) as stack:
        rows(stack, "Sessions").create_entity(session_cells(RowKey="never-full", Capacity=500))
        yield stack


@pytest.fixture(scope="module")
def document(stack_without_emails: Stack) -> Document:
    found: Document = get(f"{stack_without_emails.site}/openapi.json").json
    return found


@pytest.fixture
def run_schemathesis(stack_without_emails: Stack, tmp_path: Path) -> RunSchemathesis:
    """Lets schemathesis try the service by a document, with the same requests each time."""

    def run(document: Document, *options: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(document), "utf-8")
        command = [sys.executable, "-c", PROGRAM, "--config-file", str(CONFIG), "run", str(path)]
        command += ["--url", stack_without_emails.site, *OPTIONS, *options]
        told = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks", SESSION: "never-full"}
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **told}, capture_output=True, text=True, timeout=300, check=False
        )

    return run


@pytest.mark.parametrize("phases", [SHORT, pytest.param(LONG, marks=pytest.mark.nightly)], ids=["short", "long"])
def test_the_service_does_what_its_document_says(
    phases: list[str], stack_without_emails: Stack, document: Document, run_schemathesis: RunSchemathesis
) -> None:
    said = run_schemathesis(document, *phases)

    operations = sum(len(methods) for methods in document["paths"].values())
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"Tested: {operations}" in said.stdout
    assert roster(stack_without_emails, "never-full"), "bookings were taken, not only refused"
    assert list(rows(stack_without_emails, "Referrals", "REFERRALS_STORAGE").list_entities()), "referrals were taken"


def a_number_is_a_text(document: Document) -> None:
    document["components"]["schemas"]["Session"]["properties"]["places_left"] = {"type": "string"}


def a_reference_is_any_text(document: Document) -> None:
    document["components"]["schemas"]["StatusRequest"]["properties"]["reference"] = {"type": "string"}


@pytest.mark.parametrize(
    ("lie", "path", "check"),
    [
        (a_number_is_a_text, "/sessions", "Response violates schema"),
        (a_reference_is_any_text, "/one-to-one/status", "Valid data should have been accepted"),
    ],
)
def test_a_document_that_lies_is_found_out(
    lie: Callable[[Document], None], path: str, check: str, document: Document, run_schemathesis: RunSchemathesis
) -> None:
    lying = copy.deepcopy(document)
    lie(lying)

    said = run_schemathesis(lying, *SHORT, "--include-path", path, "--include-method", "GET,POST")

    assert said.returncode == 1
    assert check in said.stdout


def is_described(document: Document, name: str, body: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(schema).is_valid(body)


def test_what_a_signed_address_answers_is_described_too(stack_without_emails: Stack, document: Document) -> None:
    """No client finds such an address by chance: it is in the answer to what was posted."""
    referral: Document = {"works_here": "yes", "full_name": "Zoë", "contact_by": "email", "email": "zoe@a.example"}
    referral |= {"therapy_language": "English", "consent_share": True}
    booked, referred = (
        get_json(
            f"{stack_without_emails.site}{post_json(f'{stack_without_emails.site}{path}', body).headers['location']}"
        ).json
        for path, body in (("/bookings", person("never-full")), ("/one-to-one", referral))
    )
    status = post_json(f"{stack_without_emails.site}/one-to-one/status", {"reference": referred["reference"]}).json

    for name, body in (("BookingOutcome", booked), ("ReferralOutcome", referred), ("ReferralStatus", status)):
        assert is_described(document, name, body)
        assert not is_described(document, name, body | {"reference": "?"})
