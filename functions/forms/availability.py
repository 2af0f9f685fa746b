"""Availability of bookings and referrals, checked by every handler that leads to one."""

from collections.abc import Collection

from shared.config.settings import Support


class ClosedError(Exception):
    """A kind of support is closed by the CLOSED setting."""


class BookingsClosedError(ClosedError):
    """No new bookings are accepted. Existing bookings can still be changed."""


class OneToOneClosedError(ClosedError):
    """No new referrals are accepted. Referrals accepted before are still forwarded."""


class OneToOneNotReadyError(ClosedError):
    """No referrals are accepted until the worker has shown that it can open them."""


_ERRORS: dict[Support, type[ClosedError]] = {
    Support.BOOKINGS: BookingsClosedError,
    Support.ONE_TO_ONE: OneToOneClosedError,
}


def check_open(closed: Collection[Support], support: Support) -> None:
    """Raises if bookings or referrals are closed by the CLOSED setting; `closed` is `Services.closed`.

    Raises:
        ClosedError: `support` is closed: `BookingsClosedError` or `OneToOneClosedError`.
    """
    if support in closed:
        raise _ERRORS[support]
