"""How times, ages and numbers are written on pages."""

import functools
from datetime import datetime, timedelta

from babel import Locale

from streams.messages import utc

NARROW = "\u202f"
"""The narrow no-break space between a number and its unit."""


def age(seconds: float) -> str:
    """`0.4 s`, `58 s`, `1.4 min`, `12 h`, `6 d`; what is not nothing is never 0."""
    if seconds < 0.1:
        return f"< 0.1{NARROW}s" if seconds > 0 else f"0{NARROW}s"
    for size, unit in ((86_400 * 2, "d"), (3600, "h"), (60, "min"), (0, "s")):
        if seconds >= size:
            number = seconds / {"d": 86_400, "h": 3600, "min": 60, "s": 1}[unit]
            return f"{number:.0f}{NARROW}{unit}" if number >= 9.95 or unit == "d" else f"{number:.1f}{NARROW}{unit}"
    return ""


def clock(moment: datetime, now: datetime) -> str:
    """Today and in the last hours `10:58`, this year `4 Sep`, older `4 Sep 2022`; in UTC."""
    at, today = utc(moment), utc(now)
    if at.date() == today.date() or timedelta(0) <= today - at < timedelta(hours=6):
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}" if at.year == today.year else f"{at.day} {at:%b %Y}"


def clock_exactly(moment: datetime, now: datetime) -> str:
    """The same with the time of day, in seconds: `10:58:03`, `4 Sep 10:58:03`."""
    return _with_day(moment, now, f"{utc(moment):%H:%M:%S}")


def past(moment: datetime, now: datetime) -> str:
    """When something was: `10:58`, `4 Sep 21:40`."""
    return _with_day(moment, now, f"{utc(moment):%H:%M}")


def _with_day(moment: datetime, now: datetime, time: str) -> str:
    named = clock(moment, now)
    return time if ":" in named else f"{named} {time}"


def upcoming(moment: datetime, now: datetime) -> str:
    """When something is next: `now`, `11:26`, `6 Sep 11:26`."""
    return "now" if moment <= now else past(moment, now)


def day(moment: datetime, now: datetime) -> str:
    """The head of a group of alerts: `Last hour`, `Today`, `Yesterday`, `4 Sep`."""
    at, today = utc(moment), utc(now)
    if today - at < timedelta(hours=1):
        return "Last hour"
    if at.date() == today.date():
        return "Today"
    return "Yesterday" if at.date() == today.date() - timedelta(days=1) else clock(moment, now)


def number(value: int) -> str:
    """`412,806`"""
    return f"{value:,}"


def plural(value: int, one: str, several: str) -> str:
    """`1 feed`, `412 feeds`"""
    return f"{number(value)} {one if value == 1 else several}"


@functools.cache
def _territories() -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale("en").territories.items()}


def country(code: str) -> str:
    """The name of a country for its ISO code; the code where there is no name."""
    return _territories().get(code.upper(), code)
