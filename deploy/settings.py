"""All settings together, as the command `tocsin` reads them once, and how they are shown."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, SecretStr

import alerts.settings
import ingest.settings

Shown = str | int | float | bool | list[str] | None
"""A setting as it would stand in a file; None where nothing is set."""

MASK = "********"


class Settings(ingest.settings.Settings, alerts.settings.Settings):
    """Every section of `tocsin.toml`."""


def describe(settings: BaseModel, above: str = "") -> dict[str, Shown]:
    """The settings in force by dotted key, each as it would stand in a file; secrets that are set are masked."""
    shown: dict[str, Shown] = {}
    for name, field in type(settings).model_fields.items():
        key = f"{above}{field.alias or name}"
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            shown |= describe(value, f"{key}.")
        elif isinstance(value, Mapping) and value:
            shown |= {f"{key}.{word}": str(item) for word, item in value.items()}
        elif isinstance(value, Mapping):
            shown[key] = None
        else:
            shown[key] = _show(value)
    return shown


def _show(value: object) -> Shown:
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value)


def _duration(value: timedelta) -> str:
    """The shortest of `90s`, `15m`, `2h`, `1d` that loses nothing."""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60)):
        if value and value % timedelta(seconds=seconds) == timedelta():
            return f"{value // timedelta(seconds=seconds)}{unit}"
    return f"{value.total_seconds():g}s"


def nest(values: Mapping[str, Shown]) -> dict[str, object]:
    """Values by dotted key as the nested tables that a file has."""
    nested: dict[str, object] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        at = nested
        for part in filter(None, section.split(".")):
            below = at.setdefault(part, {})
            if not isinstance(below, dict):
                raise TypeError(f"{part} of {key} is a value and a section")
            at = below
        at[name] = value
    return nested
