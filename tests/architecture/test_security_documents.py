"""The document about security and its table of OWASP's requirements claim nothing that no test or setting shows."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from shared.config.settings import Settings
from tests.architecture.test_documents import missing_paths, missing_tests, named_tests, section
from tests.builders import ROOT
from tests.every_row import every_row

SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
ASVS = ROOT / "docs" / "asvs-5.0.0-level-2.csv"
OPERATION = "matter of operation"
MET, NOT_MET, NOT_APPLICABLE = STATUSES = ("met", "not met", "not applicable")
REQUIREMENTS = 253  # of levels 1 and 2, in OWASP's file of version 5.0.0

type Requirement = dict[str, str]


def requirements(path: Path = ASVS) -> list[Requirement]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(row: Requirement) -> list[str]:
    """What is wrong with a row: a status that is none, or one without what it needs."""
    tests = row["tests"].split("\n") if row["tests"] else []
    quoted = " ".join(f"`{each}`" for each in tests if each != OPERATION)
    gone = [*missing_tests(f"{quoted} {row['by']}"), *missing_paths(row["by"])]
    unnamed = [each for each in tests if each != OPERATION and not named_tests(f"`{each}`")]
    return [*gone, *unnamed, *_unfounded(row["status"], row["by"], tests)]


def _unfounded(status: str, by: str, tests: list[str]) -> list[str]:
    if status == MET:
        shown = any(each != OPERATION for each in tests) or (OPERATION in tests and "`" in by)
        return [] if by and shown else ["nothing shows it"]
    if status == NOT_MET:
        return [] if by.startswith(("Remains", "By intention")) and not tests else ["no word of what remains"]
    return [] if status == NOT_APPLICABLE and by and not tests else ["no reason"]


def claims_without_proof(text: str) -> list[str]:
    """Rows of tables with a column "Shown by" in whose last cell there is neither a test nor a matter of operation."""
    found: list[str] = []
    tables = re.findall(r"^(\|.*\|)\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)
    for header, body in tables:
        rows = body.splitlines() if header.endswith("| Shown by |") else []
        last = [(row, row.rstrip("| ").rpartition(" | ")[2]) for row in rows]
        found += [row for row, cell in last if not named_tests(cell) and OPERATION not in cell]
    return found


def test_every_requirement_of_levels_1_and_2_is_there_once() -> None:
    ids = [row["id"] for row in requirements()]

    assert (len(ids), len(set(ids))) == (REQUIREMENTS, REQUIREMENTS)
    assert [each for each in ids if not re.fullmatch(r"V\d+\.\d+\.\d+", each)] == []
    assert {row["level"] for row in requirements()} == {"1", "2"}
    assert Counter(row["level"] for row in requirements()) == {"1": 70, "2": 183}


@every_row("row", requirements())
def test_what_is_said_of_a_requirement_is_founded(row: Requirement) -> None:
    assert row["status"] in STATUSES
    assert row["requirement"].startswith("Verify")
    assert faults(row) == []


@pytest.mark.parametrize(
    "row",
    [
        {"status": MET, "by": "", "tests": "tests/architecture/test_rules.py::test_the_service_knows_no_trigger"},
        {"status": MET, "by": "`host.json`", "tests": ""},
        {"status": MET, "by": "The platform", "tests": OPERATION},
        {
            "status": MET,
            "by": "`shared/gone.py`",
            "tests": "tests/architecture/test_rules.py::test_nothing_of_the_kind",
        },
        {"status": MET, "by": "`host.json`", "tests": "it was looked at"},
        {"status": NOT_MET, "by": "", "tests": ""},
        {"status": NOT_MET, "by": "Not yet", "tests": ""},
        {"status": NOT_APPLICABLE, "by": "", "tests": ""},
        {"status": "partly", "by": "Some of it", "tests": ""},
    ],
)
def test_an_unfounded_status_is_found(row: Requirement) -> None:
    assert faults(row) != []


def test_the_document_counts_what_is_in_the_table() -> None:
    counts = Counter(row["status"] for row in requirements())
    said = f"{counts[MET]} are met, {counts[NOT_MET]} are not met and {counts[NOT_APPLICABLE]} are not applicable"

    assert f"Of {REQUIREMENTS} requirements {said}." in SECURITY


def test_every_claim_names_a_test_or_says_that_it_is_a_matter_of_operation() -> None:
    assert SECURITY.count("| Shown by |") > 10
    assert claims_without_proof(SECURITY) == []


def test_a_claim_without_a_test_is_found() -> None:
    table = "| Cannot | Shown by |\n|---|---|\n| fly | trust us |\n| swim | a matter of operation |\n"
    named = "| read | `tests/architecture/test_rules.py::test_the_service_knows_no_trigger` |\n"

    assert claims_without_proof(table + named) == ["| fly | trust us |"]
    assert claims_without_proof(table.replace("Shown by", "How")) == []


def test_every_secret_setting_is_in_the_inventory_of_keys() -> None:
    inventory = section(SECURITY, "Keys")
    secret = [name for name in Settings.names() if re.search(r"_KEY|PASSPHRASE|^[A-Z]+_STORAGE$", name)]

    assert len(secret) > 15
    assert [name for name in secret if f"`{name}`" not in inventory] == []


def test_the_source_and_the_licence_of_the_requirements_are_named() -> None:
    about = section(SECURITY, "OWASP ASVS 5.0.0, level 2")

    assert "https://github.com/OWASP/ASVS" in about
    assert "https://creativecommons.org/licenses/by-sa/4.0/" in about
