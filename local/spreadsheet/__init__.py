"""Sessions in a spreadsheet, read and checked as a whole before anything is loaded."""
