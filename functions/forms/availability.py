"""Whether a kind of support takes anybody: one line for every handler that leads to a booking or a referral."""

from collections.abc import Collection

from shared.config.settings import Support


class ClosedError(Exception):
    """A kind of support takes nobody at the moment: the setting `CLOSED` names it."""


class BookingsClosedError(ClosedError):
    """No places are given at the moment. Bookings that were made before can be changed as ever."""


class OneToOneClosedError(ClosedError):
    """No referrals are taken at the moment. Those that were taken before are passed on as ever."""


_ERRORS: dict[Support, type[ClosedError]] = {
    Support.BOOKINGS: BookingsClosedError,
    Support.ONE_TO_ONE: OneToOneClosedError,
}


def check_open(closed: Collection[Support], support: Support) -> None:
    """Returns if this kind of support takes people at the moment; `closed` is `Services.closed`.

    Raises:
        ClosedError: it does not.
    """
    if support in closed:
        raise _ERRORS[support]
