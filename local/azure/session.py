"""Requests to Azure's REST APIs, as the person who is signed in to azd or to the Azure CLI."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import requests

type Send = Callable[[str, str, Mapping[str, Any] | None], tuple[int, Any]]
"""Sends a request (method, address, body as JSON) and returns the status and the answer's JSON, None if it has none."""

_SECONDS = 30


@cache
def _credential() -> Any:
    from azure.identity import (  # noqa: PLC0415  # takes half a second to load, and only a deployment needs it
        AzureCliCredential,
        AzureDeveloperCliCredential,
        ChainedTokenCredential,
    )

    return ChainedTokenCredential(AzureDeveloperCliCredential(), AzureCliCredential())


def sender(scope: str) -> Send:
    """Returns a function that sends requests with a token for that scope."""

    def send(method: str, url: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        token = _credential().get_token(scope).token
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, url, json=body, headers=headers, timeout=_SECONDS)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status_code, answer.json() if is_json and answer.content else None

    return send
