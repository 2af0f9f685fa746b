"""The pipeline of azure-core for one storage account: what every request gets, and how it is signed and tried again."""

import base64
import hmac
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse

_SCOPE = "https://storage.azure.com/.default"


class _SharedKey(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Signs with the key of the account.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key ("Table service")
    """

    def __init__(self, account: str, key: str) -> None:
        super().__init__()
        self._account, self._key = account, base64.b64decode(key)

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        sent, date = request.http_request, formatdate(usegmt=True)
        path = urlsplit(sent.url).path
        text = f"{sent.method}\n\n{sent.headers.get('Content-Type', '')}\n{date}\n/{self._account}{path}"
        signature = base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()
        sent.headers.update({"x-ms-date": date, "Authorization": f"SharedKey {self._account}:{signature}"})


def open_pipeline(
    url: str, version: str, credential: Any, options: Mapping[str, Any]
) -> PipelineClient[HttpRequest, HttpResponse]:
    """Returns the client of an account at `url`, for a version of its API; it sends over the transport in `options`.

    `credential` is an identity, a shared access signature or a named key, as the SDK's own client has it.
    """
    policies = [
        RequestIdPolicy(),
        HeadersPolicy({"x-ms-version": version}),
        _authentication(credential),
        RetryPolicy(**options),
    ]
    return PipelineClient(url, policies=policies, **options)


def _authentication(credential: Any) -> Any:
    if isinstance(credential, AzureNamedKeyCredential):
        return _SharedKey(*credential.named_key)
    if isinstance(credential, AzureSasCredential):
        return AzureSasCredentialPolicy(credential)
    return BearerTokenCredentialPolicy(credential, _SCOPE)
