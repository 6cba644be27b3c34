"""Feeds in, articles out: fetch, parse, publish."""
