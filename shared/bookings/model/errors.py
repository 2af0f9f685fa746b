"""Errors that a booking can end in.

BookingError
 |- SessionUnknownError      no such session, or one that administrators have not finished
 |- SessionUnavailableError  the session is there and takes no booking
 |   |- SessionClosedError
 |   |- SessionPastError
 |   |- SessionSuspendedError  its bookings were lost, so nobody knows which places are free
 |   |- SessionFullError
 |   `- TooManyUnprovenError   too many addresses of its bookings are yet to be proved
 |- NotForOutsidersError     the address is not the trust's, and they did not say that they work for it
 |- TooLateToCheckError      nobody can check any more whether they work for the trust
 |- LinkUnknownError         no such booking, or no longer: one answer for every reason
 |- TooLateError             the session has started: nothing about the booking changes any more
 |- SubmissionReusedError    this form was sent before, with other answers
 |   `- SubmissionCancelledError  the booking that came of this form was cancelled since
 |- MoveUnderWayError        the booking in the other session is itself being moved at this moment
 `- BookingsBusyError        retryable: nothing is known to be stored; the same request may be sent again
"""


class BookingError(Exception):
    """Base of the errors that a booking can end in. Its text is a session's id at most."""


class SessionUnknownError(BookingError):
    """There is no session with this id, or its row cannot be understood."""


class SessionUnavailableError(BookingError):
    """The session takes no booking at this moment."""


class SessionClosedError(SessionUnavailableError):
    """Administrators have not opened the session, have closed it, or have cancelled it."""


class SessionPastError(SessionUnavailableError):
    """The session has started."""


class SessionSuspendedError(SessionUnavailableError):
    """Bookings of the session were lost with their table: no new place is given until their rows are back."""


class SessionFullError(SessionUnavailableError):
    """Every place is taken. `waiting_list`: there is one that can be joined."""

    def __init__(self, session_id: str = "", *, waiting_list: bool = False) -> None:
        super().__init__(session_id)
        self.waiting_list = waiting_list


class TooManyUnprovenError(SessionUnavailableError):
    """Too many bookings of the session have addresses that nobody has proved, for one more of that kind."""


class NotForOutsidersError(BookingError):
    """The address does not belong to the trust's staff, and its owner did not say that they work for the trust."""


class TooLateToCheckError(BookingError):
    """There is not enough time before the start to check that the owner of the address works for the trust."""


class LinkUnknownError(BookingError):
    """The link was never given out, was changed, or died with the booking that it was for."""


class TooLateError(BookingError):
    """The session has started, so its bookings stay as they are."""


class SubmissionReusedError(BookingError):
    """The same form was sent before with other answers, and those stand."""


class SubmissionCancelledError(SubmissionReusedError):
    """The same form was sent before and its booking was cancelled since, for this `reason`: nothing was booked now."""

    def __init__(self, session_id: str = "", reason: str = "") -> None:
        super().__init__(session_id)
        self.reason = reason


class MoveUnderWayError(BookingError):
    """The booking that someone has in the other session is being moved away from there at this moment."""


class BookingsBusyError(BookingError):
    """Storage gave no clear answer, or others were faster for too long. Sending the same again is safe."""
