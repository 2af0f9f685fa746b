"""The app's settings, as bindings refer to them."""

import re
from collections.abc import Mapping

from local.host.errors import HostStartError

_REFERENCE = re.compile(r"%([^%]+)%")
# The well-known account of every storage emulator, in Microsoft's documentation: it protects nothing.
_EMULATOR = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


class AppSettings:
    """Looks up what the decorators of an app leave to its settings."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def expand(self, text: str) -> str:
        """Replaces every `%NAME%` by that setting. Raises HostStartError when there is none."""
        return _REFERENCE.sub(lambda match: self._required(match[1], f"'{text}' refers to it"), text)

    def connection_string(self, connection: str | None) -> str:
        """The connection string that a binding's `connection` names; `AzureWebJobsStorage` by default.

        Raises:
            HostStartError: there is no such setting. Identity-based connections exist in Azure only.
        """
        name = connection or "AzureWebJobsStorage"
        value = self._values.get(f"AzureWebJobs{name}") or self._required(name, "a queue binding needs it")
        return _EMULATOR if value.strip().rstrip(";").lower() == "usedevelopmentstorage=true" else value

    def is_disabled(self, function: str) -> bool:
        return self._values.get(f"AzureWebJobs.{function}.Disabled", "").strip().lower() in {"true", "1"}

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def _required(self, name: str, reason: str) -> str:
        value = self._values.get(name)
        if not value:
            raise HostStartError(f"The setting {name} is missing or empty; {reason}.")
        return value
