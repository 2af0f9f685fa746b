"""Each app gets every setting that its code reads, and no other; secrets as references to a vault that it may read."""

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import SecretBytes, SecretStr

import function_app
from local.commands import secrets
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Role, Settings
from shared.passphrase import PassphraseHash
from tests.builders import MORNING, ROOT
from tests.fakes import FakeBlobs, FakeTable
from tests.opener_files import VECTORS
from tests.unit.functions.test_app_roles import EVERYTHING
from tests.unit.infra.bicep import Expression, Template, Value, template

NEVER_IN_AZURE = {
    *("BOOKINGS_STORAGE", "REFERRALS_STORAGE"),
    *("EMAIL_ACCESS_KEY", "REFERRAL_PRIVATE_KEY", "REFERRAL_PRIVATE_KEY_PREVIOUS"),
    "NOTIFY_ENDPOINT",
}
"""Account keys, private keys and the address of an emulator, for a developer's machine."""

PLATFORM = {
    *("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING"),
    *("AzureWebJobsDisableHomepage", "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__clientId"),
    *("AzureWebJobsStorage__credential", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "PYTHON_THREADPOOL_THREAD_COUNT"),
}

# Which settings a property reads depends on others: each of these is one installation.
INSTALLATIONS: list[dict[str, str]] = [
    {},
    {"ORGANISER_EMAIL": "", "FACILITATOR_EMAIL": "room@example.nhs.uk", "FACILITATOR_LIST": "names"},
    {"REFERRAL_PRIVATE_KEY": "", "REFERRAL_VAULT_KEY": "https://v.vault.azure.net/keys/referrals"},
    {"REFERRAL_DELIVERY": "sealed", "REFERRAL_PROVIDER_KEYS": json.dumps(VECTORS["public_keys"])},
]
MAIL_SERVICES = {"settingsOfAcs": "acs", "settingsOfNotify": "notify"}

# ---- What the code reads ----


class Recorder(Settings):
    """Settings that note which of them are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in Settings.model_fields:
            READ.add(str(Settings.model_fields[name].alias))
        return super().__getattribute__(name)


READ: set[str] = set()
_OWNERS = ("services().", "self.built.", "built.")


def modules_of(role: Role) -> set[str]:
    """The modules in `functions/` that an app's blueprints import, themselves among them."""
    found: set[str] = set()
    todo = [each.__name__ for each in function_app.MODULES[role]] + ["functions.site.not_found"]
    while todo:
        name = todo.pop()
        if name.startswith("functions.") and name in sys.modules and name not in found:
            found.add(name)
            todo += imported(source_of(name))
    return found


def source_of(module: str) -> str:
    return Path(str(sys.modules[module].__file__)).read_text("utf-8")


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))


def used(source: str) -> Iterator[tuple[str, ...]]:
    """The services that handlers ask for: `built.bookings.places` as its two names."""
    for node in ast.walk(ast.parse(source)):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        for owner in _OWNERS:
            if text.startswith(owner):
                yield tuple(text.removeprefix(owner).split(".")[:2])


@cache
def read_with(role: Role, choice: str) -> frozenset[str]:
    """The settings that an app's services read with one email service, in any of the installations."""
    chosen = {"MAIL_SERVICE": MAIL_SERVICES[choice]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(azure_clients, "tables", lambda _: lambda _: FakeTable())
        patch.setattr(azure_clients, "blobs", lambda *_: FakeBlobs())
        read = (_read(role, each | chosen) for each in INSTALLATIONS)
        return frozenset({"SERVICE_ROLE"}.union(*read, bound(role)))


def read_by(role: Role) -> frozenset[str]:
    """The settings that an app's services read, with either of the email services."""
    return frozenset().union(*(read_with(role, choice) for choice in MAIL_SERVICES))


def _read(role: Role, installation: Mapping[str, str]) -> set[str]:
    settings = Recorder.from_environment(EVERYTHING | dict(installation) | {"SERVICE_ROLE": role})
    READ.clear()
    built = Services(settings, lambda: MORNING)
    for names in sorted({each for module in modules_of(role) for each in used(source_of(module))}):
        reach(built, names)
    return set(READ)


def reach(built: Services, names: Iterable[str]) -> None:
    """Builds what these names mean: a service, or one of a capability's."""
    found: object = built
    for name in names:
        if not (hasattr(type(found), name) or name in vars(found)):
            return
        found = getattr(found, name)


def bound(role: Role) -> set[str]:
    """The settings that the platform reads for the storage accounts of queue triggers and outputs."""
    parts = ("queueServiceUri", "credential", "clientId")
    accounts = {
        each for module in modules_of(role) for each in re.findall(r"connection=(\w+)_STORAGE", source_of(module))
    }
    return {f"{account}_STORAGE__{part}" for account in accounts for part in parts}


# ---- What infra/ gives ----


def given_to(role: str, main: Template, app: Template, choice: str = "settingsOfAcs") -> dict[str, Value]:
    """The settings of an app by name, for one of the two email services."""
    settings = main.named("module", role).get("params", "settings")
    assert isinstance(settings, Expression)
    objects = [name for name in settings.names if name.startswith("settingsOf")]
    chosen = [name for name in objects if name in {"settingsOfBoth", "settingsOfWeb", "settingsOfWorker", choice}]
    values = [main.named("variable", name).value for name in chosen]
    values += [app.named("variable", name).value for name in ("ownSettings", "platformSettings")]
    return {name: value for each in values if isinstance(each, dict) for name, value in each.items()}


def settings_of(role: str, choice: str = "settingsOfAcs") -> dict[str, Value]:
    return given_to(role, template("main.bicep"), template("modules/function-app.bicep"), choice)


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER])
@pytest.mark.parametrize("choice", MAIL_SERVICES)
def test_each_app_gets_exactly_the_settings_that_its_code_reads(role: Role, choice: str) -> None:
    assert settings_of(role, choice).keys() - PLATFORM == read_with(role, choice) - NEVER_IN_AZURE


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER])
@pytest.mark.parametrize("choice", ["settingsOfAcs", "settingsOfNotify"])
def test_each_app_gets_what_the_platform_needs_and_nothing_that_no_one_reads(role: Role, choice: str) -> None:
    given = settings_of(role, choice).keys()

    assert given >= PLATFORM
    assert given <= PLATFORM | Settings.names()
    assert given & NEVER_IN_AZURE == set()


def test_what_is_of_one_email_service_goes_to_the_worker_alone_and_only_with_that_service() -> None:
    of_notify = {name for name in Settings.names() - NEVER_IN_AZURE if name.startswith("NOTIFY_")}

    assert len(of_notify) == 5
    assert settings_of("worker", "settingsOfNotify").keys() >= of_notify
    assert "EMAIL_ENDPOINT" not in settings_of("worker", "settingsOfNotify")
    assert not of_notify & (settings_of("worker").keys() | settings_of("web", "settingsOfNotify").keys())


def test_every_setting_is_read_by_one_of_the_apps() -> None:
    assert read_by(Role.WEB) | read_by(Role.WORKER) == Settings.names()


def test_a_setting_too_many_and_one_too_few_are_found() -> None:
    main, app = template("main.bicep"), template("modules/function-app.bicep")
    more = Template.of(main.text.replace("  CLOSED: closed\n", "  CLOSED: closed\n  REFERRAL_RECIPIENT: closed\n"))
    fewer = Template.of(main.text.replace("  CLOSED: closed\n", ""))

    assert given_to("web", more, app).keys() - PLATFORM - read_by(Role.WEB) == {"REFERRAL_RECIPIENT"}
    assert read_by(Role.WEB) - NEVER_IN_AZURE - given_to("web", fewer, app).keys() == {"CLOSED"}


def documented() -> dict[str, str]:
    """The column "For" of each setting in docs/settings.md."""
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    return dict(re.findall(r"^\| `(\w+)` \| (both|web|worker) \|", text, re.MULTILINE))


@pytest.mark.parametrize(("role", "other"), [(Role.WEB, "worker"), (Role.WORKER, "web")])
def test_the_documents_say_which_app_a_setting_is_for(role: Role, other: str) -> None:
    assert {name for name, who in documented().items() if who != other} == read_by(role)


# ---- Secrets ----


def is_secret(field: Any) -> bool:
    kinds = str(field.annotation) + str(get_args(field.annotation))
    return any(kind.__name__ in kinds for kind in (SecretBytes, SecretStr, PassphraseHash))


SECRET = {str(field.alias) for field in Settings.model_fields.values() if is_secret(field)} - NEVER_IN_AZURE
REFERENCE = re.compile(r"'\$\{in(Web|Worker)Vault\}([A-Z-]+)(?:;SecretVersion=\$\{previousVersions\.([A-Z_]+)\})?\)'")


def text_of(value: Value) -> str:
    return value.text if isinstance(value, Expression) else repr(value)


def references(settings: Mapping[str, Value]) -> dict[str, tuple[str, str, str]]:
    """By setting: the vault, the secret, and the setting whose version before is meant; "" for the newest version."""
    found = {name: REFERENCE.findall(text_of(value)) for name, value in settings.items()}
    return {name: matches[0] for name, matches in found.items() if matches}


def in_the_open(settings: Mapping[str, Value]) -> list[str]:
    """Secrets that are something else than a reference, or an empty text where they are not needed."""
    wanted = {name: value for name, value in settings.items() if name in SECRET}
    rest = {name: REFERENCE.sub("", text_of(value)).rpartition("?")[2].strip() for name, value in wanted.items()}
    return [name for name, value in rest.items() if value not in {"", ": ''"}]


def test_secrets_are_told_from_other_settings() -> None:
    assert len(SECRET) == 14
    assert {"LINK_KEY", "REFERRAL_PASSPHRASE", "REFERRAL_MAC_KEY_PREVIOUS"} <= SECRET


@pytest.mark.parametrize("role", ["web", "worker"])
def test_no_setting_holds_a_secret(role: str) -> None:
    assert in_the_open(settings_of(role, "settingsOfNotify")) == []


@pytest.mark.parametrize("value", ["'c2VjcmV0'", "closed", "empty(closed) ? closed : ''", "'${inWebVault}A)${closed}'"])
def test_a_secret_in_a_setting_is_found(value: str) -> None:
    main = template("main.bicep")
    open_main = Template.of(main.text.replace("'${inWebVault}LINK-KEY)'\n", f"{value}\n"))

    assert in_the_open(given_to("web", open_main, template("modules/function-app.bicep"))) == ["LINK_KEY"]


@pytest.mark.parametrize(
    ("role", "choice"), [("web", "settingsOfAcs"), ("worker", "settingsOfAcs"), ("worker", "settingsOfNotify")]
)
def test_each_reference_names_a_secret_that_the_command_puts_into_that_vault(role: str, choice: str) -> None:
    kept = {**secrets.MADE, **secrets.GIVEN, secrets.PUBLIC_KEY: secrets.WEB}
    for name, (vault, secret, version) in references(settings_of(role, choice)).items():
        setting = secret.replace("-", "_")
        assert kept[setting] == f"{vault.upper()}_VAULT_URL"
        assert name == (f"{setting}_PREVIOUS" if version else setting)
        assert version in {"", setting}


def test_every_secret_that_the_command_keeps_is_referred_to() -> None:
    found = references(settings_of("web")) | references(settings_of("worker", "settingsOfNotify"))

    kept = {secrets.PUBLIC_KEY, *secrets.MADE, *secrets.GIVEN}
    assert {name for name in found if not name.endswith("_PREVIOUS")} == kept


def test_secrets_with_a_version_before_are_those_that_the_command_rotates() -> None:
    found = references(settings_of("web")) | references(settings_of("worker", "settingsOfNotify"))

    assert {version for _, _, version in found.values()} - {""} == secrets.ROTATED
    public = {secrets.PUBLIC_KEY}  # no secret, and rotated as one
    assert {name for name in SECRET if name.endswith("_PREVIOUS")} == {
        f"{name}_PREVIOUS" for name in secrets.ROTATED - public
    }


def test_the_web_app_refers_to_no_secret_of_the_workers_vault() -> None:
    assert {vault for vault, _, _ in references(settings_of("web")).values()} == {"Web"}
    readers = template("main.bicep").named("module", "workerVault").get("params", "secretReaders")
    assert readers == [Expression("identities.outputs.workerPrincipalId")]


# ---- Defaults ----


def defaults() -> dict[str, object]:
    """The default of each setting that has a parameter of its own with a default, as infra gives it."""
    main = template("main.bicep")
    found: dict[str, object] = {}
    for name, value in (settings_of("web") | settings_of("worker")).items():
        parameter = text_of(value).removeprefix("string(").removesuffix(")")
        for declared in main.all("parameter"):
            if declared.name == parameter and declared.has_value:
                found[name] = declared.value
    return found


def test_defaults_are_those_of_the_code() -> None:
    fields = {field.alias: field for field in Settings.model_fields.values()}
    given = {name: str(value) for name, value in defaults().items() if value != ""}
    needed = {"SERVICE_ROLE": "web"} | {
        name: str(EVERYTHING[name]) for name in Settings.names() if fields[name].is_required()
    }

    with_defaults = Settings.model_validate(needed)
    as_given = Settings.model_validate(needed | given)

    assert len(given) >= 10
    assert as_given == with_defaults


def test_settings_that_are_empty_by_default_are_optional() -> None:
    fields = {field.alias: field for field in Settings.model_fields.values()}

    empty = {name for name, value in defaults().items() if value == ""}
    assert empty == {
        "BOOKING_ORIGINS",
        "CLOSED",
        "FACILITATOR_EMAIL",
        "MAILS_PER_HOUR",
        "MAILS_PER_MINUTE",
        "REFERRAL_MAC_MIGRATION",
    }
    assert not any(fields[name].is_required() for name in empty)
