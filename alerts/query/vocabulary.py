"""The words that a query may use as values: event types, roles, statuses, and all names that tocsin knows."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import get_args

from alerts.query.folding import tokens
from streams.event_types import load_event_types
from streams.knowledge import Country, Forms, Knowledge, Person, load
from streams.messages import Status

EVENT_TYPES = (
    *("leader_meeting", "arms_transfer", "sanctions", "military_strike", "troop_deployment", "protest", "coup"),
    *("ceasefire", "treaty", "cyberattack", "missile_test", "natural_disaster"),
)
"""Types that a rule may name before this version of tocsin detects them."""

ROLES = ("participant", "supplier", "recipient", "weapon", "attacker", "target", "issuer", "place")
STATUSES: tuple[str, ...] = get_args(Status)
MANY = 8
"""So many candidates are listed for an ambiguous name."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a name may stand for. `key` is what a query can say instead: ISO code or id."""

    table: str
    key: str
    name: str
    country: str | None = None

    def __str__(self) -> str:
        return f"{self.key} ({self.name}{f', {self.country}' if self.country and self.country != self.key else ''})"


@dataclass(frozen=True)
class Vocabulary:
    """What queries are resolved against; made once, names are indexed when the first is looked up."""

    knowledge: Knowledge = field(default_factory=Knowledge)
    event_types: tuple[str, ...] = EVENT_TYPES
    roles: tuple[str, ...] = ROLES
    weapon_roles: frozenset[str] = frozenset({"weapon"})

    def find(self, tables: Iterable[str], name: str) -> list[Candidate]:
        """What a name or id stands for in the first of the tables that knows it; full names before family names."""
        folded = _folded(name)
        for table in tables:
            by_id = self._ids.get((table, name)) or self._ids.get((table, name.upper()))
            if by_id:
                return [by_id]
            for strength in (0, 1):
                found = self._names.get((table, strength, folded))
                if found:
                    return list(dict.fromkeys(found))
        return []

    def similar(self, tables: Iterable[str], name: str) -> list[Candidate]:
        """What may have been meant."""
        folded, wanted = _folded(name), set(tables)
        if not folded:
            return []
        known = {key: found for (table, _, key), found in self._names.items() if table in wanted}
        near = [
            key for key in known if abs(len(key) - len(folded)) <= 3 and (key[0] == folded[0] or key[-1] == folded[-1])
        ]
        close = difflib.get_close_matches(folded, near, n=3, cutoff=0.75)
        partly = (key for key in known if folded in key.split())
        return list(dict.fromkeys(candidate for key in (*close, *partly) for candidate in known[key]))[:3]

    def below(self, weapon: str) -> frozenset[str]:
        """A weapon with every kind of it: artillery ammunition is ammunition."""
        found, waiting = {weapon}, [weapon]
        while waiting:
            for child in self._weapons_below.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)

    @cached_property
    def _weapons_below(self) -> Mapping[str, list[str]]:
        below: dict[str, list[str]] = {}
        for weapon in self.knowledge.weapons.values():
            if weapon.parent:
                below.setdefault(weapon.parent, []).append(weapon.id)
        return below

    @cached_property
    def _ids(self) -> Mapping[tuple[str, str], Candidate]:
        found: dict[tuple[str, str], Candidate] = {}
        for candidate, record in self._candidates():
            found[candidate.table, candidate.key] = candidate
            if isinstance(record, Country):
                found[candidate.table, record.id] = candidate
        return found

    @cached_property
    def _names(self) -> Mapping[tuple[str, int, str], list[Candidate]]:
        names: dict[tuple[str, int, str], list[Candidate]] = {}
        for candidate, record in self._candidates():
            for strength, forms in _forms(record):
                for form in {_folded(form) for listed in forms.values() for form in listed}:
                    names.setdefault((candidate.table, strength, form), []).append(candidate)
        return names

    def _candidates(self) -> Iterator[tuple[Candidate, object]]:
        known = self.knowledge
        for country in known.countries.values():
            yield Candidate("countries", country.iso, country.name), country
        for person in known.people.values():
            latest = max(person.terms, key=lambda term: term.start, default=None)
            yield Candidate("people", person.id, person.name, latest.country if latest else None), person
        for organization in known.organizations.values():
            found = Candidate("organizations", organization.id, organization.name, organization.country)
            yield found, organization
        for weapon in known.weapons.values():
            yield Candidate("weapons", weapon.id, weapon.name), weapon
        for place in known.places.values():
            yield Candidate("places", place.id, place.name, place.country), place


def load_vocabulary(definitions: Path | None = None) -> Vocabulary:
    """Everything known, with an operator's own definitions. Raises DefinitionError for mistakes in those."""
    types = load_event_types(definitions)
    names = dict.fromkeys((*EVENT_TYPES, *(event_type.name for event_type in types)))
    roles = dict.fromkeys((*ROLES, *(role.name for event_type in types for role in event_type.roles)))
    armed = {role.name for event_type in types for role in event_type.roles if "weapon" in role.fill}
    return Vocabulary(load(definitions), tuple(names), tuple(roles), frozenset(armed | {"weapon"}))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that may have been meant."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def _forms(record: object) -> Iterator[tuple[int, Forms]]:
    """Surface forms that a query may use, weaker ones (family names) under 1."""
    match record:
        case Person():
            yield from ((0, record.forms), (1, record.family))
        case Country():
            yield from ((0, record.names), (1, record.short))
        case _:
            yield 0, getattr(record, "forms", {})


def _folded(name: str) -> str:
    return " ".join(form for token in tokens(name) for form in token.forms[:1])
