"""The table port, its Azure adapter, and the records that the service keeps of itself."""
