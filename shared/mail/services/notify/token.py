"""The token of a request to GOV.UK Notify, made with the API key."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt
from requests import PreparedRequest
from requests.auth import AuthBase

_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class NotifyKey(AuthBase):
    """An API key, `name-<service id>-<secret>`: it signs each request with a JSON Web Token of the moment.

    The token is judged by real time, 30 seconds either way, whatever clock the service lives by.
    """

    service_id: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "NotifyKey":
        """Reads a key of which the settings have checked the form."""
        return cls(text[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1], text[-_UUID_LENGTH:])

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Signs the request."""
        claims = {"iss": self.service_id, "iat": int(datetime.now(UTC).timestamp())}
        request.headers["Authorization"] = f"Bearer {jwt.encode(claims, self.secret, algorithm='HS256')}"
        return request
