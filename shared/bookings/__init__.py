"""Group sessions: the schedule, the roster, and the emails that people on it are owed."""
