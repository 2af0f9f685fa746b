"""The service itself, cut by capability: it knows no trigger, no HTTP status and no page."""
