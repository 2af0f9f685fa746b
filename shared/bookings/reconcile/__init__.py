"""The timer's work on sessions: portal edits, waiting lists, deleted sessions, emails due."""
