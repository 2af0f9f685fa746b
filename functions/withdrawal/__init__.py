"""The page on which people withdraw the form that they sent, with its reference and their three words."""
