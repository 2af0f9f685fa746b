"""Restoring rows from a daily copy: what is missing is put back, and what exists is left as it is."""
