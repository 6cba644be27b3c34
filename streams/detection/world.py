"""What a name stands for on the day of the article: who is in office, whose country, which weapon."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from streams.detection.fillers import StateFiller
from streams.detection.units import (
    ADJECTIVE,
    BODY,
    COUNTRY,
    FORMER,
    GROUP,
    LEADER,
    MINISTER,
    OTHER,
    PLACE,
    WEAK,
    WEAPON,
    Unit,
)  # fmt: skip
from streams.knowledge import (
    LEADER_OFFICES,
    Country,
    Knowledge,
    Office,
    Organization,
    Person,
    Place,
    Term,
    Weapon,
)  # fmt: skip
from streams.languages.language import Title
from streams.messages import Filler

_LATELY = 20 * 365
"""Days before the newest office within which news without a date is likely written."""


class World:
    """Reads units against the tables for one day; `day` None means that the article has no date: any term may hold."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._holders: dict[str, list[tuple[Term, Person]]] = defaultdict(list)
        for person in knowledge.people.values():
            for term in person.terms:
                if term.office in LEADER_OFFICES:
                    self._holders[term.country].append((term, person))

        self.newest = max(
            (term.start for person in knowledge.people.values() for term in person.terms), default=date.min
        )

        self._shorts: dict[str, dict[str, str]] = defaultdict(dict)
        for country in knowledge.countries.values():
            for language, forms in country.short.items():
                for form in forms:
                    self._shorts[language].setdefault(form, country.iso)

    def shorts(self, language: str) -> Mapping[str, str]:
        """The short names of states in a language's headlines with the states they mean."""
        return self._shorts.get(language, {})

    def holder(self, country: str, office: str | None, day: date | None) -> Person | None:
        """Who leads a country on a day; None where the tables name nobody or more than one."""
        if day is None:
            return None
        found = {
            person.id: person
            for term, person in self._holders.get(country, ())
            if term.holds_on(day) and office in (None, term.office)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def classify(self, unit: Unit, day: date | None, language: str) -> None:
        """Set class, country, person and office of a unit by its likeliest reading."""
        entry = unit.entry
        if entry is None:
            return
        referent = entry.referent
        if isinstance(referent, Person):
            self._classify_person(unit, day, language)
        elif isinstance(referent, Country):
            unit.cls = ADJECTIVE if entry.kind in ("adjective", "demonym") else COUNTRY
            unit.country = referent.iso
        elif isinstance(referent, Place):
            unit.cls, unit.country, unit.acts = PLACE, referent.country, referent.acts
        elif isinstance(referent, Organization):
            unit.cls = GROUP if referent.kind == "armed_group" else BODY
            unit.country = referent.country
        elif isinstance(referent, Weapon):
            unit.cls, unit.weapon = WEAPON, self.concept(referent)
        elif isinstance(referent, Office):
            unit.kind, unit.country, unit.office = "office", referent.country, referent.office
        elif isinstance(referent, Title):
            unit.kind, unit.office = "title", referent.office

    def concept(self, weapon: Weapon) -> Weapon:
        """The weapon that a row of ordinary words (`…-word`) belongs to, ambiguous like that row."""
        parent = self.knowledge.weapons.get(weapon.parent or "") if weapon.id.endswith("-word") else None
        return replace(parent, ambiguous=weapon.ambiguous) if parent is not None else weapon

    def _classify_person(self, unit: Unit, day: date | None, language: str) -> None:
        candidates = [reading for reading in unit.readings if isinstance(reading.entry.referent, Person)]
        people = {r.entry.referent.id: r.entry.referent for r in candidates if isinstance(r.entry.referent, Person)}
        person = self.prefer(people.values(), day)
        unit.person = person
        unit.cls, unit.country, unit.office = self.standing(person, day)
        family = all(reading.entry.kind == "family" for reading in candidates)
        if family and unit.cls == LEADER and ({language, "*"} & person.needs_title):
            unit.cls = WEAK

    def prefer(self, people: Iterable[Person], day: date | None, country: str | None = None) -> Person:
        """The likeliest bearer of a name: of the country, in the highest office on the day, else latest in office."""

        def likelihood(person: Person) -> tuple[int, int, int]:
            cls, _, _ = self.standing(person, day)
            terms = [term for term in person.terms if country in (None, term.country)]
            latest = (
                self._tenure(person) if day is None else max((_days(term, day) for term in terms), default=-10_000_000)
            )
            return (0 if terms else 1, {LEADER: 0, MINISTER: 1, FORMER: 2}.get(cls, 3), -latest)

        return min(people, key=likelihood)

    def _tenure(self, person: Person) -> int:
        """Days of the last years in which somebody led a state: without a date the name is likelier that of who led
        longer.
        """
        since = self.newest - timedelta(days=_LATELY)
        return sum(
            max(0, ((term.end or self.newest) - max(term.start, since)).days)
            for term in person.terms
            if term.office in LEADER_OFFICES
        )

    def standing(self, person: Person, day: date | None) -> tuple[str, str | None, str | None]:
        """Class, country and office of a person on a day."""
        if not person.terms:
            return OTHER, None, None
        if day is None:
            led = [term for term in person.terms if term.office in LEADER_OFFICES]
            term = max(led or person.terms, key=lambda term: term.start)
            return (LEADER if led else MINISTER), term.country or None, term.office
        held = person.term_on(day)
        if held is None:
            latest = max(person.terms, key=lambda term: term.start)
            return (FORMER if any(t.office in LEADER_OFFICES for t in person.terms) else MINISTER), latest.country, None
        return (LEADER if held.office in LEADER_OFFICES else MINISTER), held.country or None, held.office

    def person_filler(self, person: Person, country: str | None) -> Filler:
        """A person as a filler of a role."""
        return Filler(entity=person.id, name=person.name, country=country)

    def country_filler(self, iso: str) -> Filler:
        """A country as a filler of a role."""
        country = self.knowledge.countries.get(iso)
        return (
            StateFiller(entity=country.id, name=country.name, country=iso)
            if country
            else StateFiller(name=iso, country=iso)
        )

    def exporter_rank(self, iso: str) -> int:
        """Rank among arms exporters, a large number for none to speak of."""
        country = self.knowledge.countries.get(iso)
        return country.exporter_rank or 999 if country else 999


def _days(term: Term, day: date) -> int:
    """How near a term is to the day, larger is nearer."""
    if term.holds_on(day):
        return 0
    end = term.end or day
    return -min(abs((day - term.start).days), abs((day - end).days))


def sharing_a_day(first: Person, second: Person) -> bool:
    """Whether two people led at the same time at all: the test for articles without a date."""
    return any(
        a.start <= (b.end or date.max) and b.start <= (a.end or date.max)
        for a in first.terms
        for b in second.terms
        if a.office in LEADER_OFFICES and b.office in LEADER_OFFICES
    )
