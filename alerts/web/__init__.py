"""The page: what was found, where it came from, what travels and what was delivered, as HTML for a browser."""
