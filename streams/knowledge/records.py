"""The shapes of what is known: people with their offices, countries, places, organizations, weapons, titles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

Forms = Mapping[str, tuple[str, ...]]
"""Surface forms by language code; `"*"` holds forms that are good in every language of the Latin script."""

NO_FORMS: Forms = MappingProxyType({})

OFFICE_RANK = MappingProxyType(
    {
        "head_of_state": 0,
        "head_of_government": 1,
        "foreign_minister": 2,
        "defence_minister": 3,
        "vice_president": 4,
        "organization_head": 5,
        "official": 6,
    }
)
"""Every office that a term can name, the highest first. Only the first two make a leader."""

LEADER_OFFICES = frozenset({"head_of_state", "head_of_government"})


@dataclass(frozen=True, slots=True)
class Term:
    """One office held by a person: `country` is ISO alpha-2, `end` is None while it lasts. Days count inclusively.

    On a day of handover both hold the office. `country` is empty for an office of an organization (EU, UN, NATO).
    """

    country: str
    office: str
    start: date
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the office is held on a day."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an office. `forms` are full names, `family` the names used alone, both in the nominative.

    `needs_title` lists the languages (or "*") in which the family name alone is a word or a namesake, so that it counts
    only beside a title, a country or a given name. No terms at all: a relative or namesake, listed so that nobody takes
    her or him for the leader (Hunter Biden, Kim Kardashian).
    """

    id: str
    name: str
    terms: tuple[Term, ...]
    forms: Forms
    family: Forms = field(default_factory=lambda: NO_FORMS)
    needs_title: frozenset[str] = frozenset()

    def term_on(self, day: date) -> Term | None:
        """The office held on a day, the highest first: head of state, head of government, then the others."""
        held = [term for term in self.terms if term.holds_on(day)]
        return min(held, key=lambda term: OFFICE_RANK.get(term.office, 9), default=None)


@dataclass(frozen=True, slots=True)
class Country:
    """A state. `adjectives` and `demonyms` are stems or full forms as the language inflects them (see languages/).

    `short` are forms that count only in fixed places of headlines (zh 美, ko 한). `collisions`: the languages in which
    a name is an ordinary word too. `exporter_rank`: 1 is the world's largest arms exporter, None is none to speak of.
    """

    iso: str
    id: str
    name: str
    names: Forms
    adjectives: Forms = field(default_factory=lambda: NO_FORMS)
    demonyms: Forms = field(default_factory=lambda: NO_FORMS)
    short: Forms = field(default_factory=lambda: NO_FORMS)
    collisions: frozenset[str] = frozenset()
    exporter_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A capital, a seat of power or a ministry that stands for its country (Kremlin, Weißes Haus, Ankara)."""

    id: str
    name: str
    country: str
    kind: str
    forms: Forms
    acts: bool = True


@dataclass(frozen=True, slots=True)
class Organization:
    """An alliance, union, agency or armed group. `kind`: alliance, union, agency, armed_group, court, bank, media, …

    At a meeting of an `alliance`, `union` or `summit` the leaders of its states come together.
    """

    id: str
    name: str
    kind: str
    forms: Forms
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Weapon:
    """A weapon from class to model. `parent` is the id of the class above.

    `kind`: generic, platform, munition, system, model. `ambiguous` forms are arms only beside other evidence (tank,
    rocket, hawk). `maker` is the ISO code of the maker's country.
    """

    id: str
    name: str
    kind: str
    forms: Forms
    parent: str | None = None
    ambiguous: bool = False
    maker: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """A title that names its country by itself (Bundeskanzler → DE). `office` as in Term."""

    id: str
    country: str
    office: str
    forms: Forms


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All tables, by id (countries by ISO code)."""

    people: Mapping[str, Person] = field(default_factory=dict)
    countries: Mapping[str, Country] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    weapons: Mapping[str, Weapon] = field(default_factory=dict)
    offices: Mapping[str, Office] = field(default_factory=dict)
