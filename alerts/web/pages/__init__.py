"""A module for each page: it gathers what the page shows."""
