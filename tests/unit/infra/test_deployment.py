"""What `azd up` asks for and runs, and what is stored of a request's address."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no type information

from local.azure.references import App
from local.commands import package, secrets
from local.paths import STATE
from tests.alarms import OPERATIONS
from tests.builders import ROOT
from tests.unit.functions.test_app_roles import registered
from tests.unit.infra.bicep import INFRA, Expression, Value, template
from tests.unit.infra.test_rights import bindings

MOST_QUESTIONS = 12
OF_AZD = {"AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"}
TOKEN = "c0ffee-c0ffee-c0ffee"


def asked() -> dict[str, str]:
    """The environment variable of each parameter that an installation is asked for."""
    parameters = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    return {name: re.fullmatch(r"\$\{(\w+)\}", each["value"])[1] for name, each in parameters.items()}  # type: ignore[index]  # a mismatch fails here


def test_no_more_than_twelve_things_are_asked_for_and_each_is_described() -> None:
    described = {each.name for each in template("main.bicep").all("parameter") if "description" in each.decorators}

    assert len(asked()) <= MOST_QUESTIONS
    assert asked().keys() <= described


def test_whatever_has_no_default_is_asked_for_and_nothing_else() -> None:
    needed = {each.name for each in template("main.bicep").all("parameter") if not each.has_value}

    assert asked().keys() == needed


def test_an_answer_that_was_forgotten_stops_the_deployment() -> None:
    """azd puts an empty text in the place of a variable that is not set."""
    may_be_empty = {"organiserEmail"}
    for each in template("main.bicep").all("parameter"):
        if each.name in asked().keys() - may_be_empty:
            assert each.decorators.keys() & {"minLength", "allowed"}, each.name


@pytest.mark.parametrize("document", [ROOT / "README.md", INFRA / "README.md"], ids=["README", "infra"])
def test_each_question_is_in_the_documents(document: Path) -> None:
    text = document.read_text("utf-8")

    assert [name for name in asked().values() if name not in OF_AZD and f"`{name}`" not in text] == []


def test_what_azd_keeps_is_left_out_of_git_and_every_answer_can_be_read_back_from_azure() -> None:
    """Azure shows no value of a secure parameter: with one of those a second person could not take over."""
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    parameters = template("main.bicep").all("parameter")

    assert ".azure/" in {line.lstrip("/") for line in ignored}
    assert [each.name for each in parameters if "secure" in each.decorators] == []


# ---- azure.yaml ----


def azd() -> Any:
    return yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))


def hooks() -> dict[str, list[str]]:
    """The command of each hook, for both kinds of shell."""
    return {name: [each[system]["run"] for system in ("posix", "windows")] for name, each in azd()["hooks"].items()}


def test_both_apps_are_deployed_from_one_package_that_is_built_here() -> None:
    services = azd()["services"]
    tagged = {str(template("main.bicep").named("module", role).get("params", "role")) for role in services}

    assert services.keys() == tagged == {"web", "worker"}
    assert services["web"] == services["worker"]
    assert services["web"] | {"project": ""} == {
        "project": "",
        "language": "python",
        "host": "function",
        "remoteBuild": False,
    }


def test_a_version_of_azd_that_would_have_the_package_built_again_is_refused() -> None:
    """1.23.5 is the first to heed `remoteBuild` for Flex Consumption, 1.23.13 the first to read `.funcignore` right."""
    needed = azd()["requiredVersions"]["azd"].removeprefix(">= ")

    assert [int(part) for part in needed.split(".")] >= [1, 23, 13]
    assert f"(https://aka.ms/azd) {needed} or newer" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(("hook", "command"), [("prepackage", "package"), ("postprovision", "secrets")])
def test_hooks_run_the_projects_own_commands(hook: str, command: str) -> None:
    assert hooks()[hook] == [f"python3 dev.py {command}", f"py -3.13 dev.py {command}"]


def test_the_command_for_secrets_is_there() -> None:
    """As text: `dev.py` runs that module, and another test of it must not find it imported."""
    assert f'"secrets": "{secrets.__name__}"' in (ROOT / "local" / "commands" / "main.py").read_text("utf-8")


def test_the_command_builds_the_folder_that_is_deployed() -> None:
    folder = (STATE / "package").relative_to(ROOT).as_posix()

    assert {each["project"] for each in azd()["services"].values()} == {folder}
    assert f'"package": "{package.__name__}"' in (ROOT / "local" / "commands" / "main.py").read_text("utf-8")


def outputs() -> set[str]:
    return {each.name for each in template("main.bicep").all("output")}


def test_hooks_and_commands_use_what_the_deployment_puts_out() -> None:
    posix, windows = hooks()["postdeploy"]
    named = {*re.findall(r"\$([A-Z_]+)", posix), *re.findall(r"\$env:([A-Z_]+)", windows)}

    assert named == {"COMMUNICATION_SERVICES", "AZURE_RESOURCE_GROUP", "WORKER_APP"}
    assert {*named, secrets.WEB, secrets.WORKER, *App.SETTINGS} - OF_AZD <= outputs()


def test_delivery_reports_are_subscribed_to_only_with_azure_communication_services() -> None:
    main = template("main.bicep")

    assert main.named("module", "communicationServices").condition == "(hasAcs)"
    assert main.named("output", "COMMUNICATION_SERVICES").value == Expression("hasAcs ? 'acs-${suffix}' : ''")
    assert all("COMMUNICATION_SERVICES" in command.partition("az ")[0] for command in hooks()["postdeploy"])


def test_event_grid_is_given_the_workers_function_and_the_event_that_it_reads() -> None:
    [function] = [name for name, binding in bindings("worker") if binding["type"] == "eventGridTrigger"]
    reports = template("event-grid.bicep").named("resource", "reports")

    assert reports.get("properties", "destination", "properties", "resourceId") == Expression(
        f"'${{worker.id}}/functions/{function}'"
    )
    assert reports.get("properties", "filter", "includedEventTypes") == [
        "Microsoft.Communication.EmailDeliveryReportReceived"
    ]


# ---- Addresses in the logs ----


CUTS = {
    "AppRequests": "cutAddresses",
    "AppTraces": "cutOperations",
    "AppExceptions": "cutOperations",
    "AppDependencies": "cutOperations",
}
"""The tables of telemetry that name an address, each with its cut."""


def cuts(variable: str = "cutAddresses") -> dict[str, re.Pattern[str]]:
    """What is kept of each column of a request, or of another table, by the transformation of the workspace."""
    text = value_of(template("modules/telemetry.bicep").named("variable", variable).value)
    found = re.findall(r'(\w+) = extract\(@"([^"]+)", 0, (\w+)\)', text)
    assert all(column == source for column, _, source in found)
    return {column: re.compile(pattern) for column, pattern, _ in found}


def value_of(value: Value) -> str:
    return value.text if isinstance(value, Expression) else str(value)


def kept(column: str, text: str) -> str:
    found = cuts()[column].search(text)
    return found[0] if found else ""


def addresses(role: str) -> list[str]:
    """The path of each route of an app, with a token in the place of whatever differs."""
    routes = [route for found in registered(role).values() for route in found if route != "{*path}"]
    return [re.sub(r"\{[^}]*\}", TOKEN, re.sub(r"\{\w+:maxlength\(0\)\?\}", "", route)) for route in routes]


@pytest.mark.parametrize("role", ["web", "worker"])
def test_no_token_of_an_address_is_stored(role: str) -> None:
    for path in addresses(role):
        for column, text in {
            "Url": f"https://support.example.nhs.uk/{path}?proof={TOKEN}",
            "Name": f"GET /{path}",
            "OperationName": f"GET /{path}",
        }.items():
            assert TOKEN not in kept(column, text), text


def test_the_check_of_the_first_day_looks_for_tokens_in_every_table_that_is_cut() -> None:
    assert f"search in ({', '.join(CUTS)}) 'TOKEN'" in OPERATIONS.read_text("utf-8")


def test_each_secret_that_is_rotated_may_be_named_with_the_version_before() -> None:
    described = template("main.bicep").named("parameter", "previousVersions").decorators["description"]

    assert set(re.findall(r"`([A-Z_]+)`", described)) == secrets.ROTATED


def test_what_is_stored_still_says_which_page_it_was() -> None:
    assert (
        kept("Url", f"https://support.example.nhs.uk/manage/{TOKEN}/move?x=1")
        == "https://support.example.nhs.uk/manage"
    )
    assert kept("Name", "manage_booking") == "manage_booking"
    assert kept("Name", f"POST /collect/{TOKEN}") == "POST /collect"
    assert kept("Url", "") == ""


def test_the_cut_is_made_of_what_comes_into_the_table_of_requests_from_the_first_line_on() -> None:
    rule = template("modules/telemetry.bicep").named("resource", "transformation")
    flows = rule.get("properties", "dataFlows")
    workspace = template("modules/workspace.bicep").named("resource", "workspace")

    assert flows == [
        {"streams": [f"Microsoft-Table-{table}"], "destinations": ["workspace"], "transformKql": Expression(cut)}
        for table, cut in CUTS.items()
    ]
    assert {name: each.pattern for name, each in cuts("cutOperations").items()} == {
        "OperationName": cuts()["OperationName"].pattern
    }
    assert workspace.get("properties", "publicNetworkAccessForIngestion") == Expression(
        "empty(transformationId) ? 'Disabled' : 'Enabled'"
    )
    assert template("modules/telemetry.bicep").named("resource", "insights").get(
        "properties", "WorkspaceResourceId"
    ) == Expression("workspace.outputs.id")
