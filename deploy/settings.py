"""All settings together, as the command `tocsin` reads them once."""

import alerts.settings
import ingest.settings


class Settings(ingest.settings.Settings, alerts.settings.Settings):
    """Every section of `tocsin.toml`."""
