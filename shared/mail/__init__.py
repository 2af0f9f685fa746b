"""E-mail: what a message is, how it is handed over once and only once, and the adapter that hands it over."""
