"""The language of a content: its sentences, its dates, and how what its file leaves out falls back to English."""
