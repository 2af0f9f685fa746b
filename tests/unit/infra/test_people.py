"""Acts of people by docs/operations.md and the roles that `infra/` gives: each act has one, and each role an act."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.admin_guide import GuideRow, quoted, section_rows
from tests.alarms import OPERATIONS
from tests.unit.infra.bicep import INFRA, Expression, Template, template
from tests.unit.infra.test_rights import strings, text

GUIDE = OPERATIONS.read_text("utf-8")
ACTS = section_rows(GUIDE, "Know who may do what")
GROUPS = ("administrators", "operators")
ACCOUNTS = {"bookingsAccount": "the account for bookings", "referralsAccount": "the account for referrals"}

type Given = tuple[str, str, str]
"""Who has which role, by its name in the Bicep files, and where."""

BUILT_IN = {
    "reader": ["*/read"],
    "monitoringReader": ["*/read", "Microsoft.OperationalInsights/workspaces/search/action"],
    "logAnalyticsReader": ["*/read", "Microsoft.OperationalInsights/workspaces/analytics/query/action"],
    "tableDataReader": ["Microsoft.Storage/storageAccounts/tableServices/tables/entities/read"],
    "tableDataContributor": ["Microsoft.Storage/storageAccounts/tableServices/tables/*"],
    "queueDataContributor": ["Microsoft.Storage/storageAccounts/queueServices/queues/*"],
}
"""What the built-in roles allow, of what matters here: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles."""

OPERATORS, OWNER, HOUR = "operators", "an owner", "by an owner, for the hour"
COMMANDS = {
    "consumption budget list": (OPERATORS, "Microsoft.Consumption/budgets/read"),
    "deployment sub list": (OWNER, "Microsoft.Resources/deployments/read"),
    "eventgrid system-topic event-subscription list": (
        OPERATORS,
        "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
    ),
    "functionapp function keys list": (OPERATORS, "Microsoft.Web/sites/functions/listkeys/action"),
    "functionapp function keys set": (OPERATORS, "Microsoft.Web/sites/functions/keys/write"),
    "functionapp function list": (OPERATORS, "Microsoft.Web/sites/functions/read"),
    "functionapp restart": (OPERATORS, "Microsoft.Web/sites/restart/action"),
    "functionapp show": (OPERATORS, "Microsoft.Web/sites/read"),
    "functionapp start": (OPERATORS, "Microsoft.Web/sites/start/action"),
    "functionapp stop": (OPERATORS, "Microsoft.Web/sites/stop/action"),
    "identity create": (OWNER, "Microsoft.ManagedIdentity/userAssignedIdentities/write"),
    "identity federated-credential create": (
        OWNER,
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
    ),
    "identity show": (OPERATORS, "Microsoft.ManagedIdentity/userAssignedIdentities/read"),
    "keyvault secret list-versions": (OPERATORS, "Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    "monitor action-group test-notifications create": (OWNER, "Microsoft.Insights/createNotifications/write"),
    "monitor activity-log list": ("those who audit", "Microsoft.Insights/eventtypes/values/read"),
    "monitor app-insights query": (OPERATORS, "Microsoft.Insights/components/query/read"),
    "monitor log-analytics query": (OPERATORS, "Microsoft.OperationalInsights/workspaces/query/read"),
    "rest": (OPERATORS, "Microsoft.Web/sites/config/appsettings/read"),
    "role assignment create": (OWNER, "Microsoft.Authorization/roleAssignments/write"),
    "role assignment delete": (OWNER, "Microsoft.Authorization/roleAssignments/delete"),
    "role assignment list": (OPERATORS, "Microsoft.Authorization/roleAssignments/read"),
    "storage account blob-service-properties show": (
        OPERATORS,
        "Microsoft.Storage/storageAccounts/blobServices/read",
    ),
    "storage account delete": (OWNER, "Microsoft.Storage/storageAccounts/delete"),
    "storage account list": (OPERATORS, "Microsoft.Storage/storageAccounts/read"),
    "storage account management-policy show": (
        OPERATORS,
        "Microsoft.Storage/storageAccounts/managementPolicies/read",
    ),
    "storage account show": (OPERATORS, "Microsoft.Storage/storageAccounts/read"),
    "storage blob download": (HOUR, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read/data"),
    "storage blob list": (HOUR, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read/data"),
}
"""Each command of the guides, who gives it, and its right; `/data` marks one that no role for reading has."""


def of_groups(rights: Template) -> Iterator[Given]:
    """What `rights.bicep` gives to people."""
    for module in rights.all("module", "account-rights.bicep"):
        for role in of_list(module.get("params", "roles")):
            yield text(module.get("params", "principalId")), role, ACCOUNTS[text(module.get("params", "accountName"))]
    for module in rights.all("module", "table-rights.bicep"):
        if module.get("params", "principalType") == "Group":
            who, role = (text(module.get("params", each)) for each in ("principalId", "roleDefinitionId"))
            for table in strings(module.get("params", "tables")):
                yield who, role, f"the table `{table}`"
    [watched] = re.findall(
        r"'Microsoft.Authorization/roleAssignments@[\d-]+' = \[for role in \[([^\]]+)\]", rights.text
    )
    for role in watched.split(", "):
        yield "operators", role, "the resource group"


def of_list(value: object) -> list[str]:
    assert isinstance(value, list)
    return [text(each) for each in value]


def given() -> set[Given]:
    """Who is given what by all of `infra/`, for good."""
    found = set(of_groups(template("modules/rights.bicep")))
    for file, where in (("modules/vault.bicep", "both vaults"), ("modules/function-app.bicep", "both apps")):
        for each in template(file).resources("Microsoft.Authorization/roleAssignments"):
            if each.get("properties", "principalType") == "Group":
                assert each.get("properties", "principalId") == Expression("operatorsGroupId")
                role = text(each.get("properties", "roleDefinitionId"))
                found.add(("operators", role.removesuffix("RoleId").removesuffix("SetterRoleId"), where))
    return found


def told(rows: list[GuideRow]) -> set[Given]:
    """Who is told to have what, of the roles that the groups have for good."""
    return {
        (row["Who"], quoted(row["Role"])[0], row["Where"])
        for row in rows
        if row["Who"] in GROUPS and row["Given"] == "always"
    }


def allowed(who: str) -> list[str]:
    """What the standing roles of a group allow, as patterns."""
    own = {
        each.name: str(each.get("properties", "permissions"))
        for each in template("modules/roles.bicep").all("resource")
    }
    found = list[str]()
    for group, role, _ in given():
        if group == who:
            found += BUILT_IN.get(role) or re.findall(r"'?(Microsoft\.[\w./*]+)", own[role])
    return found


def may(who: str, action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in allowed(who))


def commands() -> set[str]:
    """The commands for Azure in both guides, without their options."""
    guides = GUIDE + (INFRA / "README.md").read_text("utf-8")
    return {each.strip() for each in re.findall(r"\baz ((?:[a-z][a-z-]+ ?)+)", guides)}


def test_each_act_has_the_role_that_infra_gives_and_each_role_an_act() -> None:
    assert told(ACTS) == given()


def test_a_role_without_an_act_and_an_act_without_a_role_are_found() -> None:
    assert told(ACTS[1:]) != given()
    fewer = template("modules/rights.bicep").text.replace("roles: [reader, queueDataContributor]", "roles: [reader]")
    assert set(of_groups(Template.of(fewer))) < set(of_groups(template("modules/rights.bicep")))


def test_every_command_of_the_guide_is_one_that_its_reader_may_give() -> None:
    assert commands() == COMMANDS.keys()
    wrong = [name for name, (who, action) in COMMANDS.items() if may(OPERATORS, action) is not (who == OPERATORS)]
    only_at_the_group = {"deployment sub list", "monitor activity-log list"}  # these look at the whole subscription
    assert set(wrong) == only_at_the_group
    assert {who for who, _ in COMMANDS.values()} - {HOUR} <= {row["Who"] for row in ACTS}


@pytest.mark.parametrize(
    "action",
    [
        "Microsoft.Web/sites/write",
        "Microsoft.Web/sites/config/write",
        "Microsoft.Web/sites/publish/action",
        "Microsoft.Web/sites/host/listkeys/action",
        "Microsoft.Web/sites/functions/write",
        "Microsoft.KeyVault/vaults/secrets/getSecret/action",
        "Microsoft.KeyVault/vaults/keys/unwrap/action",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Insights/scheduledQueryRules/write",
        "Microsoft.Storage/storageAccounts/listKeys/action",
    ],
)
def test_operators_can_change_no_setting_and_read_no_secret(action: str) -> None:
    assert not may(OPERATORS, action)


def test_what_is_given_for_an_hour_has_its_command_in_the_guide() -> None:
    roles = defaultdict[str, list[str]](list)
    for row in ACTS:
        roles[row["Given"]].append(row["Role"])

    assert roles[HOUR] == [
        "`rowDeleter`",
        "Storage Table Data Contributor, Storage Blob Data Contributor",
        "Storage Blob Data Reader",
    ]
    assert '"Staff support row deleter ${REFERRALS_ACCOUNT#streferrals}"' in GUIDE
    assert 'for ROLE in "Storage Table Data Contributor" "Storage Blob Data Contributor"; do' in GUIDE
    assert "with Storage Blob Data Reader at the account" in GUIDE
    assert "roleName: 'Staff support row deleter ${suffix}'" in template("modules/roles.bicep").text
    assert template("main.bicep").named("variable", "referralsName").value == Expression("'streferrals${suffix}'")
