"""The table port, its Azure adapter, and the table `Service`."""
