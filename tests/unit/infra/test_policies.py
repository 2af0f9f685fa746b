"""Rules that every file of infra/ keeps, each shown to find an offender."""

import re
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.builders import ROOT
from tests.every_row import every_row
from tests.unit.infra.bicep import FILES, Declaration, Expression, Template, Value, file_name, template, templates

type Policy = Callable[[Template], list[str]]

STORAGE = "Microsoft.Storage/storageAccounts"
SITE = "Microsoft.Web/sites"
VAULT = "Microsoft.KeyVault/vaults"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
LOCK = "Microsoft.Authorization/locks"
PROPERTIES = "properties"


def lacking(each: Declaration, wanted: dict[tuple[str, ...], Value]) -> list[str]:
    """Properties of a resource that are not as wanted."""
    return [f"{each.name}.{'.'.join(path)}" for path, value in wanted.items() if each.get(*path) != value]


def of_each(type_: str, wanted: dict[tuple[str, ...], Value]) -> Policy:
    return lambda file: [problem for each in file.resources(type_) for problem in lacking(each, wanted)]


storage_takes_identities_alone = of_each(
    STORAGE,
    {
        (PROPERTIES, "allowSharedKeyAccess"): False,
        (PROPERTIES, "allowBlobPublicAccess"): False,
        (PROPERTIES, "allowCrossTenantReplication"): False,
        (PROPERTIES, "isLocalUserEnabled"): False,
        (PROPERTIES, "defaultToOAuthAuthentication"): True,
    },
)
storage_is_encrypted_on_the_way = of_each(
    STORAGE, {(PROPERTIES, "supportsHttpsTrafficOnly"): True, (PROPERTIES, "minimumTlsVersion"): "TLS1_2"}
)
storage_is_in_three_zones = of_each(STORAGE, {("sku", "name"): "Standard_ZRS"})
containers_are_private = of_each(f"{STORAGE}/blobServices/containers", {(PROPERTIES, "publicAccess"): "None"})
sites_are_encrypted_on_the_way = of_each(
    SITE,
    {
        (PROPERTIES, "httpsOnly"): True,
        (PROPERTIES, "siteConfig", "minTlsVersion"): "1.2",
        (PROPERTIES, "siteConfig", "scmMinTlsVersion"): "1.2",
        (PROPERTIES, "siteConfig", "ftpsState"): "Disabled",
        (PROPERTIES, "siteConfig", "minTlsCipherSuite"): Expression(
            "empty(minimumCipherSuite) ? null : minimumCipherSuite"
        ),
    },
)
# On, the platform answers preflights and adds headers for all addresses, and the app cannot open one of them alone.
sites_leave_cross_origin_requests_to_the_app = of_each(
    SITE,
    {
        (PROPERTIES, "siteConfig", "cors", "allowedOrigins"): [],
        (PROPERTIES, "siteConfig", "cors", "supportCredentials"): False,
    },
)
no_password_deploys = of_each(f"{SITE}/basicPublishingCredentialsPolicies", {(PROPERTIES, "allow"): False})
sites_run_python_3_13_on_flex = of_each(
    SITE,
    {
        (PROPERTIES, "functionAppConfig", "runtime", "name"): "python",
        (PROPERTIES, "functionAppConfig", "runtime", "version"): "3.13",
        (PROPERTIES, "siteScopedCertificatesEnabled"): True,
        ("identity", "type"): "UserAssigned",
    },
)
vaults_cannot_be_purged = of_each(
    VAULT,
    {
        (PROPERTIES, "enableRbacAuthorization"): True,
        (PROPERTIES, "enablePurgeProtection"): True,
        (PROPERTIES, "enableSoftDelete"): True,
    },
)
keys_are_long_and_stay_in_the_vault = of_each(
    f"{VAULT}/keys",
    {
        (PROPERTIES, "kty"): "RSA",
        (PROPERTIES, "keySize"): 3072,
        (PROPERTIES, "attributes", "exportable"): False,
        (PROPERTIES, "attributes", "exp"): None,
    },
)
telemetry_takes_identities_alone = of_each(
    "Microsoft.Insights/components", {(PROPERTIES, "DisableLocalAuth"): True, (PROPERTIES, "DisableIpMasking"): False}
)
workspace_takes_identities_alone = of_each(
    "Microsoft.OperationalInsights/workspaces", {(PROPERTIES, "features", "disableLocalAuth"): True}
)
email_takes_identities_alone = of_each(
    "Microsoft.Communication/communicationServices", {(PROPERTIES, "disableLocalAuth"): True}
)


def keys_are_rotated(file: Template) -> list[str]:
    rotation = (PROPERTIES, "rotationPolicy", "lifetimeActions")
    return [each.name for each in file.resources(f"{VAULT}/keys") if not each.get(*rotation)]


def both_sites_refuse_passwords(file: Template) -> list[str]:
    """Those of FTP and of the deployment site are two policies of each app."""
    policies = {each.get("name") for each in file.resources(f"{SITE}/basicPublishingCredentialsPolicies")}
    return [each.name for each in file.resources(SITE) if policies != {"ftp", "scm"}]


def what_holds_data_has_a_lock(file: Template) -> list[str]:
    locked = {value_text(each.get("scope")) for each in file.resources(LOCK) if is_lock(each)}
    holds_tables = bool(file.resources(f"{STORAGE}/tableServices/tables"))
    wanted = [*(file.resources(STORAGE) if holds_tables else []), *file.resources(VAULT)]
    return [each.name for each in wanted if each.name not in locked]


def is_lock(each: Declaration) -> bool:
    return each.get(PROPERTIES, "level") == "CanNotDelete"


# Owner, Contributor, User Access Administrator, Role Based Access Control Administrator; Storage Account Contributor,
# Storage Account Key Operator, Key Vault Administrator, Key Vault Secrets Officer, Website Contributor.
TOO_MUCH = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "81a9662b-bebf-436f-a333-f67b29880f12",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "de139f84-1756-47ae-9be6-808fbbe84772",
}


def no_role_gives_everything(file: Template) -> list[str]:
    return [each for each in TOO_MUCH if each in file.text]


def assignments_have_a_scope_and_a_kind(file: Template) -> list[str]:
    """Without a scope a role holds for the whole resource group: for people who watch, and no app."""
    problems = []
    for each in file.resources(ASSIGNMENT):
        kind = value_text(each.get(PROPERTIES, "principalType"))
        if kind not in {"ServicePrincipal", "Group", "principalType"} or (
            each.get("scope") is None and kind != "Group"
        ):
            problems.append(each.name)
    return problems


def no_key_is_read(file: Template) -> list[str]:
    """Neither in a setting nor in an output: keys, connection strings, secrets of the vault."""
    return re.findall(r"\blist\w*\(|\bgetSecret\(|\.primary\w*Key\b|(?i:AccountKey=|SharedAccessSignature)", file.text)


def outputs_tell_no_secret(file: Template) -> list[str]:
    """An output stays in the history of deployments, readable for whoever may read the resource group."""
    told = {each.name: value_text(each.value) for each in file.all("output")}
    return [
        name for name, text in told.items() if re.search(r"(?i)secret(?!Setter)|password|passphrase|settingsOf", text)
    ]


def secrets_are_not_made_here(file: Template) -> list[str]:
    """A secret that a deployment makes is made again by the next one, or stands in its parameters."""
    made = [each.name for each in file.resources(f"{VAULT}/secrets")]
    return made + re.findall(r"\bnewGuid\(|@secure\(\)", file.text)


def modules_are_local(file: Template) -> list[str]:
    return [each.target for each in file.all("module") if not re.fullmatch(r"[\w/-]+\.bicep", each.target)]


def parameters_are_described(file: Template) -> list[str]:
    """In main.bicep each one that is asked for; a module's where its name does not say it."""
    asked = [each for each in file.all("parameter") if not each.has_value] if "targetScope" in file.text else []
    return [each.name for each in asked if "description" not in each.decorators]


def value_text(value: Value) -> str:
    return value.text if isinstance(value, Expression) else str(value)


POLICIES: dict[Policy, tuple[str, str, str]] = {
    storage_takes_identities_alone: ("modules/data-account.bicep", "KeyAccess: false", "KeyAccess: true"),
    storage_is_encrypted_on_the_way: ("modules/host-account.bicep", "'TLS1_2'", "'TLS1_0'"),
    storage_is_in_three_zones: ("modules/data-account.bicep", "Standard_ZRS", "Standard_LRS"),
    containers_are_private: ("modules/host-account.bicep", "publicAccess: 'None'", "publicAccess: 'Blob'"),
    sites_are_encrypted_on_the_way: ("modules/function-app.bicep", "httpsOnly: true", "httpsOnly: false"),
    sites_leave_cross_origin_requests_to_the_app: (
        "modules/function-app.bicep",
        "allowedOrigins: []",
        "allowedOrigins: ['*']",
    ),
    no_password_deploys: ("modules/function-app.bicep", "allow: false", "allow: true"),
    both_sites_refuse_passwords: ("modules/function-app.bicep", "name: 'ftp'", "name: 'scm'"),
    sites_run_python_3_13_on_flex: ("modules/function-app.bicep", "'3.13'", "'3.12'"),
    vaults_cannot_be_purged: ("modules/vault.bicep", "enablePurgeProtection: true", "enablePurgeProtection: false"),
    keys_are_long_and_stay_in_the_vault: ("modules/vault.bicep", "3072", "2048"),
    keys_are_rotated: ("modules/vault.bicep", "lifetimeActions: [", "others: ["),
    what_holds_data_has_a_lock: ("modules/data-account.bicep", "CanNotDelete", "NotSpecified"),
    telemetry_takes_identities_alone: ("modules/telemetry.bicep", "LocalAuth: true", "LocalAuth: false"),
    workspace_takes_identities_alone: ("modules/workspace.bicep", "LocalAuth: true", "LocalAuth: false"),
    email_takes_identities_alone: ("modules/communication-services.bicep", "LocalAuth: true", "LocalAuth: false"),
    no_role_gives_everything: (
        "modules/rights.bicep",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
    ),
    assignments_have_a_scope_and_a_kind: ("modules/host-account.bicep", "scope: account", "// scope: account"),
    no_key_is_read: (
        "modules/host-account.bicep",
        "= account.properties.primaryEndpoints.blob",
        "= account.listKeys()",
    ),
    outputs_tell_no_secret: ("main.bicep", "string = web.outputs.name", "object = settingsOfWeb"),
    secrets_are_not_made_here: ("main.bicep", "param closed string = ''", "param closed string = newGuid()"),
    modules_are_local: ("main.bicep", "'modules/roles.bicep'", "'br/public:avm/res/roles:1.0'"),
    parameters_are_described: (
        "main.bicep",
        (
            "@description('The provider\\'s one address for referrals; `none` where the content file offers no "
            "one-to-one sessions.')"
        ),
        "",
    ),
}
"""Each with a file in which it finds an offender once the one text is replaced by the other."""


@every_row("policy", POLICIES)
def test_every_file_keeps_the_policy(policy: Policy) -> None:
    assert {name: found for name, file in templates().items() if (found := policy(file))} == {}


@every_row("policy", POLICIES)
def test_an_offender_is_found(policy: Policy) -> None:
    name, was, becomes = POLICIES[policy]
    assert was in template(name).text

    assert policy(Template.of(template(name).text.replace(was, becomes))) != []


def test_every_kind_of_resource_that_a_policy_is_about_is_there() -> None:
    made = {each.target for file in templates().values() for each in file.all("resource") if not each.is_existing}

    assert {STORAGE, SITE, VAULT, f"{VAULT}/keys", LOCK, ASSIGNMENT, "Microsoft.Consumption/budgets"} <= made
    assert len(FILES) >= 15


def versions(files: Iterable[Template]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in files:
        for each in file.all("resource"):
            found.setdefault(each.target.partition("/")[0], set()).add(each.version)
    return found


ONE_VERSION_FOR_EACH = {"Microsoft.Authorization", "Microsoft.Insights"}
"""Providers whose resource types have versions of their own."""


def test_a_provider_is_used_in_one_version() -> None:
    found = versions(templates().values())

    assert {name for name, each in found.items() if len(each) > 1} <= ONE_VERSION_FOR_EACH


# ---- Roles of people and roles of apps ----


def assigned(role: str) -> Iterator[str]:
    """The files in which a built-in role is assigned."""
    yield from (name for name, file in templates().items() if role in file.text)


@pytest.mark.parametrize(
    ("role", "files"),
    [
        ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", ["modules/rights.bicep"]),  # Storage Table Data Contributor
        ("4633458b-17de-408a-b874-0445c86b69e6", ["modules/vault.bicep"]),  # Key Vault Secrets User
        ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", ["modules/host-account.bicep"]),  # Storage Blob Data Owner
    ],
)
def test_a_wide_role_is_assigned_in_one_place(role: str, files: list[str]) -> None:
    assert list(assigned(role)) == files


def test_roles_at_a_whole_account_are_for_people_alone() -> None:
    principals = {
        value_text(each.get("params", "principalId"))
        for each in template("modules/rights.bicep").all("module", "account-rights.bicep")
    }

    assert principals == {"administrators", "operators"}


def test_administrators_have_no_right_in_the_account_for_referrals() -> None:
    theirs = [
        value_text(each.get("params", "accountName"))
        for each in template("modules/rights.bicep").all("module")
        if value_text(each.get("params", "principalId")) == "administrators"
    ]

    assert theirs == ["bookingsAccount"]


def test_only_the_worker_may_use_the_key_and_only_to_unwrap() -> None:
    unwrapper = template("modules/roles.bicep").named("resource", "keyUnwrapper").get(PROPERTIES, "permissions")
    workers = template("main.bicep").named("module", "workerVault")
    webs = template("main.bicep").named("module", "webVault")

    assert "wrap/action" not in str(unwrapper).replace("unwrap/action", "")
    assert workers.get("params", "keyUnwrapperPrincipalId") == Expression(
        "workerOpensReferrals ? identities.outputs.workerPrincipalId : ''"
    )
    assert webs.get("params", "keyName") is None


def test_what_only_the_provider_opens_gives_the_worker_no_right_to_the_key_in_the_vault() -> None:
    """Nor does it know where that key is, unless someone says that referrals of before still need it."""
    main, vault = template("main.bicep"), template("modules/vault.bicep")
    settings = main.named("variable", "settingsOfWorker").value

    assert main.named("variable", "workerOpensReferrals").value == Expression(
        "referralDelivery != 'sealed' || keepReferralKey"
    )
    assert main.named("parameter", "keepReferralKey").value is False
    assert isinstance(settings, dict)
    assert value_text(settings["REFERRAL_VAULT_KEY"]).startswith("workerOpensReferrals ? ")
    assert value_text(settings["REFERRAL_VAULT_KEY"]).endswith(" : ''")
    assert "!empty(keyUnwrapperPrincipalId)" in vault.named("resource", "unwrapper").condition


def test_operators_store_secrets_and_read_none() -> None:
    setter = str(template("modules/roles.bicep").named("resource", "secretSetter").value)

    assert "setSecret" in setter
    assert "getSecret" not in setter


def test_the_weakest_cipher_suite_has_forward_secrecy_and_authenticated_encryption() -> None:
    main = template("main.bicep")
    weakest = main.named("parameter", "minimumCipherSuite").value

    assert re.fullmatch(r"TLS_ECDHE_RSA_WITH_AES_\d+_GCM_SHA\d+", str(weakest))
    assert {main.named("module", app).get("params", "minimumCipherSuite") for app in ("web", "worker")} == {
        Expression("minimumCipherSuite")
    }


def test_file_names_are_those_of_infra() -> None:
    assert [file_name(path) for path in FILES][:2] == ["event-grid.bicep", "main.bicep"]


def test_each_rule_of_others_that_is_left_out_has_a_reason() -> None:
    left_out = (ROOT / ".checkov.yaml").read_text("utf-8").partition("skip-check:\n")[2].splitlines()

    assert left_out
    assert [line for line in left_out if not re.fullmatch(r"  - CKV_AZURE_\d+ # \w.{7,}", line)] == []
