"""What a booking can end in other than a place.

BookingError
 |- SessionUnknownError      no such session, or one that administrators have not finished
 |- SessionUnavailableError  the session is there and takes no booking
 |   |- SessionClosedError
 |   |- SessionPastError
 |   `- SessionFullError
 |- SubmissionReusedError    this form was sent before, with other answers
 `- BookingsBusyError        retryable: nothing is known to be stored; the same request may be sent again
"""


class BookingError(Exception):
    """Base of everything that booking can end in other than a place. Its text is a session's id at most."""


class SessionUnknownError(BookingError):
    """There is no session with this id, or its row cannot be understood."""


class SessionUnavailableError(BookingError):
    """The session takes no booking at this moment."""


class SessionClosedError(SessionUnavailableError):
    """Administrators have not opened the session, have closed it, or have cancelled it."""


class SessionPastError(SessionUnavailableError):
    """The session has started."""


class SessionFullError(SessionUnavailableError):
    """Every place is taken."""


class SubmissionReusedError(BookingError):
    """The same form was sent before with other answers, and those stand."""


class BookingsBusyError(BookingError):
    """Storage gave no clear answer, or others were faster for too long. Sending the same again is safe."""
