"""What tocsin knows of the world: who held which office when, states, places, organizations, weapons, in all languages.

The rows lie beside this file as readable tables. `load` reads them once; everything that it returns is immutable.
"""

from streams.knowledge.check import problems
from streams.knowledge.lookup import Match, holders, lookup
from streams.knowledge.records import (
    LEADER_OFFICES,
    NO_FORMS,
    OFFICE_RANK,
    Country,
    Forms,
    Knowledge,
    Office,
    Organization,
    Person,
    Place,
    Term,
    Weapon,
)
from streams.knowledge.tables import load

__all__ = [
    "LEADER_OFFICES",
    "NO_FORMS",
    "OFFICE_RANK",
    "Country",
    "Forms",
    "Knowledge",
    "Match",
    "Office",
    "Organization",
    "Person",
    "Place",
    "Term",
    "Weapon",
    "holders",
    "load",
    "lookup",
    "problems",
]
