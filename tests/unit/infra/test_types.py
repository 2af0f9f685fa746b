"""Every resource is as Azure's published types have it; what those do not know is named here."""

from collections.abc import Mapping

import pytest

from tests.every_row import every_row
from tests.unit.infra.bicep import INFRA, Template, template, templates
from tests.unit.infra.type_check import findings, unknown_outputs

NOT_IN_THE_TYPES = {
    # They know neither locks nor rules that collect data; nor that an app may have certificates of its own.
    "modules/data-account.bicep": ["no type for Microsoft.Authorization/locks@2020-05-01"],
    "modules/vault.bicep": ["no type for Microsoft.Authorization/locks@2020-05-01"],
    "modules/telemetry.bicep": ["no type for Microsoft.Insights/dataCollectionRules@2023-03-11"],
    "modules/function-app.bicep": ["unknown property sites.properties.siteScopedCertificatesEnabled"],
}


def modules_of(name: str) -> Mapping[str, Template]:
    """The files of infra/ as that file names them."""
    folder = (INFRA / name).parent
    return {
        str((INFRA / other).relative_to(folder)): file
        for other, file in templates().items()
        if (INFRA / other).is_relative_to(folder)
    }


def test_nothing_but_what_the_types_do_not_know_is_found() -> None:
    found = {name: findings(file, modules_of(name)) for name, file in templates().items()}

    assert {name: problems for name, problems in found.items() if problems} == NOT_IN_THE_TYPES


def test_every_output_that_is_read_is_one() -> None:
    assert [each for name, file in templates().items() for each in unknown_outputs(file, modules_of(name))] == []


@every_row(
    "name, was, becomes, problem",
    [
        ("modules/budget.bicep", "amount: amount", "sum: amount", "unknown property budgets.properties.sum"),
        ("modules/budget.bicep", "amount: amount", "// amount", "missing property budgets.properties.amount"),
        ("modules/vault.bicep", "name: 'standard'", "name: 'basic'", "vaults.properties.sku.name: 'basic' is none of"),
        ("modules/vault.bicep", "keySize: 3072", "keySize: '3072'", "keys.properties.keySize: '3072' is of another"),
        ("modules/vault.bicep", "keyOps: ['wrapKey', 'unwrapKey']", "keyOps: 'wrapKey'", "keys.properties.keyOps"),
        ("modules/vault.bicep", "family: 'A'", "name: 'A'", "missing property vaults.properties.sku.family"),
        (
            "modules/vault.bicep",
            "id: subnet\n",
            "subnet: subnet\n",
            "vaults.properties.networkAcls.virtualNetworkRules",
        ),
        ("modules/function-app.bicep", "allow: false", "allow: 'no'", "basicPublishingCredentialsPolicies.properties"),
        ("modules/workspace.bicep", "retentionInDays: r", "createdDate: r", "read-only property workspaces.properties"),
        ("event-grid.bicep", "resourceId: ", "topic: ", "unknown property eventSubscriptions.properties.destination"),
        (
            "main.bicep",
            "    suffix: suffix\n",
            "    tail: suffix\n",
            "roles: modules/roles.bicep has no parameter tail",
        ),
        ("main.bicep", "    suffix: suffix\n", "", "roles: modules/roles.bicep needs suffix"),
        ("main.bicep", "'modules/roles.bicep'", "'modules/gone.bicep'", "no file modules/gone.bicep"),
        ("main.bicep", "name: webName\n", "name: webNam\n", "unknown symbol webNam"),
        ("main.bicep", "CLOSED: closed\n", "CLOSED: ''\n", "unused parameter closed"),
    ],
)
def test_a_mistake_is_found(name: str, was: str, becomes: str, problem: str) -> None:
    assert was in template(name).text
    broken = Template.of(template(name).text.replace(was, becomes))

    found = findings(broken, modules_of(name))

    assert any(problem in each for each in found), found
    assert set(found) > set(NOT_IN_THE_TYPES.get(name, []))


def test_an_output_that_is_not_there_is_found() -> None:
    text = template("main.bicep").text.replace("worker.outputs.name", "worker.outputs.title")

    assert unknown_outputs(Template.of(text), modules_of("main.bicep")) == ["worker.title"] * text.count(
        "outputs.title"
    )


def test_a_file_that_cannot_be_parsed_is_found() -> None:
    with pytest.raises(AssertionError, match="syntax"):
        Template.of("param a string = {\n")
