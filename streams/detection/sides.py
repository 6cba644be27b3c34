"""The two sides of a transfer while they are being found, and the ties that tell them apart."""

from dataclasses import dataclass, field

from streams.detection.units import COUNTRY, GROUP, LEADER, PLACE, PLURAL, Unit

ACTORS = frozenset({COUNTRY, PLACE, LEADER, GROUP, PLURAL})
TO = frozenset({"to", "dative", "for"})
FROM = frozenset({"from", "by", "made"})
COMMAS = frozenset({",", "、", "،"})
BARE = frozenset({"", "subject", "bare"})
TAKE_TO = frozenset({"fr", "es"})
"""Languages that buy `to` and receive `of` somebody."""
ARRIVING = frozenset({"", "bare", "subject", "of"})


@dataclass(slots=True)
class Sides:
    """Suppliers and recipients found so far, as units or states."""

    supplier: list[Unit] = field(default_factory=list)
    recipient: list[Unit] = field(default_factory=list)
