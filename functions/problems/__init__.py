"""Problems: every error that a request can end with, as a status and words for a person (RFC 9457)."""
