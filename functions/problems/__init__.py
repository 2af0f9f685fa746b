"""Every way in which a request can fail, as a status and words for a person (RFC 9457)."""
