"""Names that the app without the service shares with those who measure it."""

TABLE = "Baseline"
