"""Every page of the service in every state, reached step by step, for browser tests and screenshots."""

from local.tour.bookings import BOOKINGS
from local.tour.information import INFORMATION
from local.tour.managing import MANAGING
from local.tour.provider import PROVIDER
from local.tour.referrals import REFERRALS
from local.tour.running import stacks
from local.tour.visitor import Visitor
from local.tour.walk import Walk

__all__ = ["ALL_WALKS", "Visitor", "Walk", "stacks"]

ALL_WALKS: tuple[Walk, ...] = (*INFORMATION, *BOOKINGS, *MANAGING, *REFERRALS, *PROVIDER)
