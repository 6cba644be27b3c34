"""The one command `tocsin`."""
