"""Sessions, attendees, places and email ids: pure rules, no storage, no clock."""
