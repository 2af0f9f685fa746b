"""API keys and the tokens made with them: `name-<service id>-<secret>`, and a JSON Web Token for each request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

import jwt
from starlette.requests import Request

from local.mail.notify.errors import NotifyError

ALLOWED_SKEW = 30  # seconds, either way
_UUID_LENGTH = 36
_SCHEME = "bearer "


class KeyType(StrEnum):
    """The three kinds of key. A test key sends nothing, a team key to the team and the guest list alone."""

    LIVE = "normal"
    TEAM = "team"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, by the ids that it holds."""

    service_id: str
    secret: str

    @classmethod
    def parse(cls, text: str) -> "ApiKey":
        return cls(text[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1], text[-_UUID_LENGTH:])


def key_of_type(live: str, kind: KeyType) -> str:
    """Returns the same service's key of another type. The emulator derives it, so that it is given one secret alone."""
    if kind is KeyType.LIVE:
        return live
    key = ApiKey.parse(live)
    return f"{kind}-{key.service_id}-{uuid5(UUID(key.secret), kind)}"


def check_token(request: Request, live: str, real_now: datetime) -> KeyType:
    """Returns the type of the key that the request's token was made with.

    Args:
        request: as it was sent.
        live: the live key.
        real_now: aware UTC, the machine's own time: tokens are made with that, whatever the emulator's clock shows.

    Raises:
        NotifyError: 401 or 403.
    """
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_SCHEME):
        raise NotifyError(401, "Unauthorized: authentication token must be provided")
    token = header[len(_SCHEME) :]
    kinds = [kind for kind in KeyType if (live and _is_signed(token, ApiKey.parse(key_of_type(live, kind))))]
    if not kinds:
        raise NotifyError(403, "Invalid token: API key not found")
    if abs(_claims(token)["iat"] - real_now.timestamp()) > ALLOWED_SKEW:
        raise NotifyError(403, "Error: Your system clock must be accurate to within 30 seconds")
    return kinds[0]


def _is_signed(token: str, key: ApiKey) -> bool:
    """True if the token names the key's service, and was signed with its secret."""
    options: jwt.types.Options = {"verify_iat": False, "require": ["iss", "iat"]}
    try:
        jwt.decode(token, key.secret, algorithms=["HS256"], issuer=key.service_id, options=options)
    except jwt.InvalidTokenError:
        return False
    return True


def _claims(token: str) -> dict[str, float]:
    claims: dict[str, float] = jwt.decode(token, options={"verify_signature": False})
    return claims
