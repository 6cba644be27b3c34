"""Settings of ingest: which feeds, how often, within which limits."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from streams import settings

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _duration(value: Any) -> Any:
    """Accept `"90s"`, `"15m"`, `"2h"`, `"1d"`, or a number of seconds."""
    if not isinstance(value, str):
        return value
    number, unit = (value[:-1], UNITS[value[-1]]) if value[-1:] in UNITS else (value, 1.0)
    try:
        return timedelta(seconds=float(number) * unit)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{value!r} is no time; write one like 90s, 15m, 2h or 1d") from error


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class Ingest(settings.Section):
    """Feeds besides those added by command: OPML files, or text files with one URL a line. Durations like `15m`."""

    feeds: tuple[Path, ...] = Field(default=(), json_schema_extra={"path": True})
    interval: Duration = timedelta(minutes=15)
    min_interval: Duration = timedelta(minutes=1)
    max_interval: Duration = timedelta(hours=24)
    timeout: Duration = timedelta(seconds=30)
    max_body_bytes: int = Field(default=10_000_000, ge=10_000)
    concurrency: int = Field(default=16, ge=1, le=256)
    parse_timeout: Duration = timedelta(seconds=5)
    parse_memory_mb: int = Field(default=512, ge=128)
    user_agent: str = "tocsin/0.1 (+https://github.com/tocsin/tocsin)"


class Settings(settings.Settings):
    """What `tocsin serve ingest` and `tocsin feeds` need."""

    ingest: Ingest = Ingest()
