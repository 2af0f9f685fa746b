"""The table of docs/settings.md that says where each value comes from, held to infra/."""

from shared.config.settings import Settings
from tests.admin_guide import quoted, section_rows
from tests.builders import ROOT
from tests.unit.infra.bicep import Expression, Value, template
from tests.unit.infra.test_deployment import asked
from tests.unit.infra.test_settings import given_to

SECTION = "Where each value comes from, and how to change it"
ASKED, DEFAULT, DEPLOYED = (
    "an answer in `infra/main.parameters.json`",
    "a parameter with a default in `infra/main.bicep`",
    "the deployment",
)
SHARED_VAULT, WORKER_VAULT, NOWHERE = (
    "the vault that both apps read",
    "the worker's vault",
    "nowhere: never in Azure",
)


def source_of(value: Value) -> str:
    """Where a value comes from, by its expression in main.bicep."""
    names = set(value.names) if isinstance(value, Expression) else set()
    parameters = {each.name: each.has_value for each in template("main.bicep").all("parameter")}
    if "inWebVault" in names:
        return SHARED_VAULT
    if "inWorkerVault" in names:
        return WORKER_VAULT
    if names & asked().keys():
        return ASKED
    return DEFAULT if any(parameters.get(name) for name in names) else DEPLOYED


def sources() -> dict[str, str]:
    main, app = template("main.bicep"), template("modules/function-app.bicep")
    known = {str(field.alias) for field in Settings.model_fields.values()}
    found = {
        name: source_of(value)
        for role in ("web", "worker")
        for service in ("settingsOfNotify", "settingsOfAcs")
        for name, value in given_to(role, main, app, service).items()
        if name in known
    }
    return dict.fromkeys(known - found.keys(), NOWHERE) | found


def test_the_document_says_of_each_setting_where_its_value_comes_from() -> None:
    rows = section_rows((ROOT / "docs" / "settings.md").read_text("utf-8"), SECTION)
    told = [(name, row["Comes from"]) for row in rows for name in quoted(row["Settings"])]

    assert dict(told) == sources()
    assert len(told) == len(sources()), "each once"
    assert all(row["To change or rotate"] for row in rows)
