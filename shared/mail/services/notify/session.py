"""The session of requests to GOV.UK Notify, which can tell a request that was not sent from one whose answer was lost.

The client reports a failure of TLS in the same way before the request and after it. Its connections here do not: a
failure to connect, TLS included, is one error, and it comes before the first byte of the request.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError, SSLError

from shared.mail.services.notify.token import NotifyKey

_POOL = 16  # requests that one process handles at a time


def open_session(api_key: str) -> Session:
    """Returns a session that retries nothing and keeps no cookies, so that threads share nothing that changes."""
    session = Session()
    session.auth = NotifyKey.parse(api_key)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=_POOL))
    return session


class _Connection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (
            OSError,
            ValueError,
            SSLError,
        ) as error:  # `ssl.SSLError` is an `OSError`, a wrong host name a `ValueError`
            raise NewConnectionError(self, type(error).__name__) from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}
