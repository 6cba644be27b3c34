"""Finds surface forms that mean two things and do not say so: who reads them could not tell which is meant."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from streams.knowledge.lookup import folded
from streams.knowledge.records import Country, Forms, Knowledge, Office, Organization, Person, Place, Weapon

LATIN = ("de", "en", "fr", "es")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a form can mean: which record it belongs to, and whether the record says that it needs other evidence."""

    what: str
    record: Person | Country | Place | Organization | Weapon | Office
    part: str
    marked: bool


def clashes(knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Forms with two unmarked meanings: language, form, and a sentence that names both."""
    index: dict[tuple[str, str], list[Meaning]] = defaultdict(list)
    for code, form, meaning in _meanings(knowledge):
        index[code, form].append(meaning)
    for (code, form), found in sorted(index.items()):
        for one, other in combinations(found, 2):
            if one.record is not other.record and not one.marked and not other.marked and _clash(one, other):
                yield code, form, f"{form!r} ({code}) means two things without a mark: {one.what} and {other.what}"
                break


def _clash(one: Meaning, other: Meaning) -> bool:
    first, second = one.record, other.record
    if isinstance(first, Person) and isinstance(second, Person):
        return "family" in (one.part, other.part) and _in_office_together(first, second)
    if _land(first) is not None and _land(first) == _land(second):
        return False
    return not (one.part == other.part == "adjective")


def _in_office_together(one: Person, other: Person) -> bool:
    return any(
        (a.end is None or b.start < a.end) and (b.end is None or a.start < b.end)
        for a in one.terms
        for b in other.terms
    )


def _land(record: object) -> str | None:
    """The state that a record stands for, so that a capital named like its state is no contradiction."""
    match record:
        case Country():
            return record.iso
        case Place() | Office():
            return record.country
        case _:
            return None


def _meanings(knowledge: Knowledge) -> Iterator[tuple[str, str, Meaning]]:
    for person in knowledge.people.values():
        yield from _person(person)
    for country in knowledge.countries.values():
        yield from _country(country)
    for place in knowledge.places.values():
        yield from _named(f"the place {place.name}", place, place.forms, marked=not place.acts)
    for organization in knowledge.organizations.values():
        yield from _named(f"the organization {organization.name}", organization, organization.forms, marked=False)
    for weapon in knowledge.weapons.values():
        yield from _named(f"the weapon {weapon.id}", weapon, weapon.forms, marked=weapon.ambiguous)
    for office in knowledge.offices.values():
        yield from _named(f"the title {office.id}", office, office.forms, marked=False)


def _person(person: Person) -> Iterator[tuple[str, str, Meaning]]:
    for part, forms in (("full", person.forms), ("family", person.family)):
        for code, form in _spread(forms):
            marked = part == "family" and not person.needs_title.isdisjoint(("*", code))
            yield code, form, Meaning(f"{person.name} ({person.id})", person, part, marked)


def _country(country: Country) -> Iterator[tuple[str, str, Meaning]]:
    groups = (("name", country.names), ("adjective", country.adjectives), ("adjective", country.demonyms))
    for part, forms in groups:
        for code, form in _spread(forms):
            yield code, form, Meaning(f"{country.name} ({country.iso})", country, part, code in country.collisions)


def _named(
    what: str, record: Place | Organization | Weapon | Office, forms: Forms, *, marked: bool
) -> Iterator[tuple[str, str, Meaning]]:
    for code, form in _spread(forms):
        yield code, form, Meaning(what, record, "name", marked)


def _spread(forms: Forms) -> set[tuple[str, str]]:
    """Forms as they are compared, those of every Latin language under each of them."""
    return {
        (code, folded(form))
        for listed, group in forms.items()
        for code in (LATIN if listed == "*" else (listed,))
        for form in group
    }
