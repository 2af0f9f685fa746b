"""The service itself, by capability: without triggers, HTTP statuses or pages."""
