"""Group sessions: the schedule, the roster, and the mails that people on it are owed."""
