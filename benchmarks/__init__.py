"""Measured ratios and counted requests of the running service, against the budgets of its design."""
