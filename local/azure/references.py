"""References of the apps' settings to secrets: the platform looks them up again when it is asked to.

https://learn.microsoft.com/azure/app-service/app-service-key-vault-references: without that, within a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from local.azure.session import Send, sender

_MANAGEMENT = "https://management.azure.com"
_REFUSED = 400
_REFRESH = "config/configreferences/appsettings/refresh?api-version=2022-03-01"


@dataclass(frozen=True, slots=True)
class App:
    """One of the two apps, by the names that azd knows."""

    subscription: str
    group: str
    name: str

    SETTINGS: ClassVar[Sequence[str]] = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "WORKER_APP", "WEB_APP")

    @classmethod
    def both(cls, values: Mapping[str, str]) -> Sequence[Self]:
        """The worker first: it has to know a key before rows come that are authenticated with it."""
        subscription, group, *names = (values[name] for name in cls.SETTINGS)
        return [cls(subscription, group, name) for name in names]

    @property
    def url(self) -> str:
        """The address of the app in Azure's management API."""
        group = f"subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{_MANAGEMENT}/{group}/providers/Microsoft.Web/sites/{self.name}"


def refresh_references(apps: Sequence[App], send: Send | None = None) -> bool:
    """Has each app's secrets looked up now, and says so; True if none refused. Within a day it happens anyway."""
    ask = send or sender(f"{_MANAGEMENT}/.default")
    statuses = {app.name: ask("POST", f"{app.url}/{_REFRESH}", None)[0] for app in apps}
    for name, status in statuses.items():
        print(f"{name}: {'looks its secrets up again' if status < _REFUSED else _refused(status)}")
    return max(statuses.values()) < _REFUSED


def _refused(status: int) -> str:
    return (
        f"does not look its secrets up, HTTP {status}. Run `python dev.py secrets --refresh` again;"
        " any change of a setting, by `azd provision`, has them looked up too"
    )
