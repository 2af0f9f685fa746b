"""Daily copies of tables in blobs: their format, their names, the run that makes them, and notes of deleted rows."""
