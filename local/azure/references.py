"""References of the apps' settings to secrets: the platform looks them up again when it is asked to.

https://learn.microsoft.com/azure/app-service/app-service-key-vault-references: without that, within a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from local.azure.session import Send, sender

_MANAGEMENT = "https://management.azure.com"
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


def refresh_references(apps: Sequence[App], send: Send | None = None) -> None:
    """Has each app's secrets looked up now, and says where that was refused: within a day it happens anyway."""
    ask = send or sender(f"{_MANAGEMENT}/.default")
    for app in apps:
        status, _ = ask("POST", f"{app.url}/{_REFRESH}", None)
        done = "looks its secrets up again" if status < 400 else f"restart it: HTTP {status}"
        print(f"{app.name}: {done}")
