"""Rules of the design that no import linter can see, read off the source. Each is shown to find an offender."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_code import DEPLOYED, SHARED, attributes, imports, nodes, offenders, relative
from tests.builders import ROOT

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
ENVIRONMENT = {("os", "environ"), ("os", "getenv")}
STANDARD = set(sys.stdlib_module_names) | {"pydantic", "pydantic_core"}
MODELS = [path for path in SHARED if path.parent.name == "model" or path.stem in {"model", "reconcile"}]
OWN_ROWS = {  # rows that only the service writes, whatever they held before
    "shared/bookings/retention/holdings_report.py",
    "shared/bookings/retention/run.py",
    "shared/bookings/retention/session_tallies.py",
    "shared/numbers/daily_numbers.py",
    "shared/referrals/delivery/mailbox_health.py",
    "shared/referrals/delivery/release/flags.py",
    "shared/referrals/key_proofs/proof_rows.py",
    "shared/referrals/retention/holdings_report.py",
    "shared/bookings/tables/past_sessions.py",
    "shared/bookings/tables/session_register.py",
    "shared/mail/missing_reports.py",
    "shared/mail/pause.py",
    "shared/tables/once_a_day.py",
    "shared/timer/marks.py",
}


def triggers(source: str) -> list[str]:
    return [name for name in imports(source) if name.startswith("azure.functions")]


def test_the_service_knows_no_trigger() -> None:
    assert offenders(triggers, SHARED) == {}


@pytest.mark.parametrize("source", ["import azure.functions as func", "from azure.functions import HttpRequest"])
def test_an_imported_trigger_is_found(source: str) -> None:
    assert triggers(source) == ["azure.functions"]


def clock_and_environment(source: str) -> set[tuple[str, str]]:
    return (CLOCKS | ENVIRONMENT) & set(attributes(source))


# A token for Notify is judged by real time, whatever clock the service lives by.
READ_THE_CLOCK = {"shared/bootstrap.py", "shared/mail/services/notify/token.py"}


def test_only_the_composition_root_reads_the_clock_and_the_environment() -> None:
    others = [path for path in DEPLOYED if relative(path) not in READ_THE_CLOCK]

    assert offenders(clock_and_environment, others) == {}


@pytest.mark.parametrize(
    ("source", "read"),
    [("now = datetime.now(UTC)", "now"), ("os.environ['SITE_URL']", "environ"), ("began = time.time()", "time")],
)
def test_code_that_reads_the_clock_or_the_environment_is_found(source: str, read: str) -> None:
    assert [name for _, name in clock_and_environment(source)] == [read]
    assert clock_and_environment("now = clock()") == set()


def blueprints_imported(source: str) -> list[str]:
    """Modules with a blueprint that this module imports, if it has one itself."""
    return [name for name in imported_modules(source) if name in BLUEPRINTS] if defines_blueprint(source) else []


def defines_blueprint(source: str) -> bool:
    return "bp = func.Blueprint()" in source


def imported_modules(source: str) -> Iterator[str]:
    """Every name that an import may mean as a module: of `from a import b` both `a` and `a.b`."""
    for node in nodes(source):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


BLUEPRINTS = {
    relative(path).removesuffix(".py").replace("/", ".")
    for path in DEPLOYED
    if defines_blueprint(path.read_text("utf-8")) and path.name != "function_app.py"
}


def test_no_blueprint_imports_another() -> None:
    assert len(BLUEPRINTS) >= 15
    assert offenders(blueprints_imported, [path for path in DEPLOYED if path.name != "function_app.py"]) == {}


@pytest.mark.parametrize(
    "line", ["from functions.bookings import book", "from functions.bookings.book import bp", "import functions.timer"]
)
def test_blueprint_that_imports_another_is_found(line: str) -> None:
    assert len(blueprints_imported(f"{line}\nbp = func.Blueprint()\n")) == 1
    assert blueprints_imported(line) == []


def foreign(source: str) -> set[str]:
    """Imports of a model that are neither the standard library, pydantic, a model nor a module directly in `shared`.

    The one reading of email addresses is no other, nor are sentences: text in, and an address or a sentence out.
    """
    return {name for name in imports(source) if not (name.partition(".")[0] in STANDARD or is_pure(name))}


PURE = (["referrals", "errors"], ["fields", "email_address"])


def is_pure(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == "shared" and (len(parts) == 2 or "model" in parts or "wording" in parts or parts[1:] in PURE)


def test_the_model_is_the_standard_library_and_pydantic() -> None:
    assert MODELS
    assert offenders(foreign, MODELS) == {}


def test_model_that_imports_another_library_is_found() -> None:
    assert foreign("import json\nfrom azure.core import exceptions\nimport jinja2") == {"azure.core", "jinja2"}
    assert (
        foreign("from shared.bookings.model.errors import BookingError\nfrom shared.local_time import LONDON") == set()
    )
    assert foreign("from shared.bookings.tables.repository import GUARD") == {"shared.bookings.tables.repository"}


def upserts(source: str) -> list[str]:
    return [name for _, name in attributes(source) if name == "upsert"]


def puts(source: str) -> list[str]:
    return [line for line in source.splitlines() if ".put(" in line]


def test_only_the_services_own_rows_are_overwritten_unconditionally() -> None:
    """An upsert brings back what an administrator deleted."""
    others = [path for path in SHARED if relative(path) != "shared/tables/azure_tables.py"]

    assert offenders(upserts, others) == {}
    assert offenders(puts, others).keys() - OWN_ROWS == set(), "rows of the service's own tables only"


def test_unconditional_write_is_found() -> None:
    assert upserts("table.upsert(row)") == ["upsert"]
    assert puts("self._rows.table.put(cells)") == ["self._rows.table.put(cells)"]
    assert offenders(puts, SHARED).keys() >= OWN_ROWS, "each of them does write"


def own_names() -> list[str]:
    """This trust's and this provider's own names, addresses and domains."""
    content = tomllib.loads((ROOT / "functions" / "content" / "mersey-care" / "en.toml").read_text("utf-8"))
    provider = content["provider"]
    domains = [provider["email"].partition("@")[2], "merseycare"]
    return [content["organisation"]["name"], provider["short_name"], provider["name"], provider["email"], *domains]


def lines_with(name: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if name.casefold() in line.casefold()]


def places() -> Iterator[Path]:
    yield from DEPLOYED
    yield from ROOT.glob("functions/templates/**/*.html")
    yield from ROOT.glob("shared/mail/templates/*")


@pytest.mark.parametrize("name", own_names())
def test_nothing_of_this_trust_is_in_code_or_templates(name: str) -> None:
    assert offenders(lambda text: lines_with(name, text), places()) == {}


@pytest.mark.parametrize("name", own_names())
def test_word_of_this_trust_is_found(name: str) -> None:
    assert lines_with(name, f"<p>\nAsk {name.upper()}, please.\n</p>") == [f"Ask {name.upper()}, please."]


def indexed(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)


def test_the_app_is_indexed_with_an_empty_environment() -> None:
    done = indexed("import function_app; print(len(function_app.app.get_functions()))")

    assert done.stderr == ""
    assert int(done.stdout) >= 14


def test_a_collection_leaves_out_what_indexing_imported() -> None:
    done = indexed("import gc, function_app; print(gc.get_freeze_count(), len(gc.get_objects()))")
    frozen, left = map(int, done.stdout.split())

    assert frozen > 10 * left


def test_app_that_needs_a_setting_to_be_indexed_is_found() -> None:
    assert "KeyError" in indexed("import function_app, os; print(os.environ['SITE_URL'])").stderr


LATE = ("azure.identity", "azure.communication", "azure.keyvault", "azure.data", "icalendar", "jinja2", "cryptography")
LOADED = f"print([name for name in {LATE} if name in sys.modules])"


def test_indexing_loads_nothing_that_only_some_functions_need() -> None:
    """Each of these is a good part of a cold start."""
    done = indexed(f"import sys, function_app; {LOADED}")

    assert (done.returncode, done.stdout.strip()) == (0, "[]")


def test_early_import_is_found() -> None:
    done = indexed(f"import sys, function_app, jinja2; {LOADED}")

    assert (done.returncode, done.stdout.strip()) == (0, "['jinja2']")


def request_values(source: str) -> list[str]:
    """Looks at a request's header, query or part of its address past the one place that measures them first."""
    texts = [ast.unparse(node) for node in nodes(source) if isinstance(node, ast.Attribute)]
    return [text for text in texts if re.search(r"\breq\.(headers|params|route_params|form|files|get_json)$", text)]


def test_values_of_a_request_are_read_in_one_place() -> None:
    assert set(offenders(request_values, DEPLOYED)) == {"functions/forms/request_values.py"}


@pytest.mark.parametrize("use", ["req.headers.get('a')", "self.req.params['a']", "req.route_params", "req.get_json()"])
def test_value_that_is_read_elsewhere_is_found(use: str) -> None:
    assert request_values(f"found = {use}") != []
