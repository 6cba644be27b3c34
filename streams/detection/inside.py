"""Weapons inside German compounds: `Waffenlieferung`, `Munitionsexporte`, `Panzerdeal`."""

from collections.abc import Mapping

from streams.detection.lexicon import Lexicon
from streams.knowledge import Country, Place, Weapon

_LINKING = ("", "s", "n", "en")


def weapon_parts(lexicon: Lexicon) -> Mapping[str, Weapon]:
    """First parts of compounds by their text: every one-word weapon noun with its endings and linking sounds."""
    parts: dict[str, Weapon] = {}
    if not lexicon.language.compounds:
        return parts
    for entries in lexicon.entries:
        for entry in entries:
            if isinstance(entry.referent, Weapon) and len(entry.stems) == 1 and len(entry.stems[0].text) >= 4:
                for ending in (*_LINKING, *entry.stems[0].endings):
                    parts.setdefault(entry.stems[0].text + ending, entry.referent)
    return parts


def state_parts(lexicon: Lexicon) -> Mapping[str, str]:
    """First parts of compounds that name a state or its capital, by their text, with the ISO code (`Parisbesuch`)."""
    parts: dict[str, str] = {}
    if not lexicon.language.compounds:
        return parts
    for entries in lexicon.entries:
        for entry in entries:
            if (
                len(entry.stems) == 1
                and isinstance(entry.referent, Country | Place)
                and entry.kind in ("country", "place")
            ):
                iso = entry.referent.iso if isinstance(entry.referent, Country) else entry.referent.country
                parts.setdefault(entry.stems[0].text, iso)
    return parts


def weapon_inside(before: str, parts: Mapping[str, Weapon]) -> Weapon | None:
    """The weapon with which the part of a word before its head ends, the longest first."""
    for start in range(max(0, len(before) - 24), max(0, len(before) - 3)):
        found = parts.get(before[start:])
        if found is not None:
            return found
    return None
