"""Finds what a name stands for, in any of the languages, and on a day."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from streams.knowledge.records import Country, Forms, Knowledge, Office, Organization, Person, Place, Term, Weapon

Record = Person | Country | Place | Organization | Weapon | Office


@dataclass(frozen=True, slots=True)
class Match:
    """One meaning of a name. `term` is the office that a person holds on the day asked about, else None."""

    table: str
    id: str
    name: str
    form: str
    languages: tuple[str, ...]
    part: str
    term: Term | None = None
    country: str | None = None


_UNDECOMPOSED = str.maketrans({"ß": "ss", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"})
"""Letters that Unicode does not take apart into a letter and an accent."""


def folded(text: str) -> str:
    """A name as it is compared: without case, accents, marks and kinds of hyphen and apostrophe."""
    if text.isascii():
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    plain = unicodedata.normalize("NFKC", bare).casefold()
    return " ".join(plain.replace("’", "'").replace("ʼ", "'").replace("‑", "-").split())


def lookup(knowledge: Knowledge, name: str, day: date) -> list[Match]:
    """Everything that a name can mean, ids and names alike; people in office on `day` come first."""
    wanted = folded(name)
    found = [match for table, record in _records(knowledge) for match in _matches(table, record, name, wanted, day)]
    return sorted(found, key=lambda match: (match.table == "people" and match.term is None, match.table, match.name))


def holders(knowledge: Knowledge, country: str, office: str, day: date) -> list[Person]:
    """Who holds an office of a country on a day."""
    return [
        person
        for person in knowledge.people.values()
        if any(term.country == country and term.office == office and term.holds_on(day) for term in person.terms)
    ]


def _records(knowledge: Knowledge) -> Iterator[tuple[str, Record]]:
    tables: tuple[tuple[str, Iterable[Record]], ...] = (
        ("people", knowledge.people.values()),
        ("countries", knowledge.countries.values()),
        ("places", knowledge.places.values()),
        ("organizations", knowledge.organizations.values()),
        ("weapons", knowledge.weapons.values()),
        ("offices", knowledge.offices.values()),
    )
    for table, records in tables:
        for record in records:
            yield table, record


def parts(record: Record) -> Iterator[tuple[str, Forms]]:
    """The named parts of a record that hold surface forms."""
    match record:
        case Person():
            yield from (("full name", record.forms), ("family name", record.family))
        case Country():
            yield from (("name", record.names), ("adjective", record.adjectives))
            yield from (("demonym", record.demonyms), ("short form", record.short))
        case _:
            yield "name", record.forms


def _matches(table: str, record: Record, name: str, wanted: str, day: date) -> Iterator[Match]:
    term = record.term_on(day) if isinstance(record, Person) else None
    own = record.iso if isinstance(record, Country) else getattr(record, "country", None)
    country = term.country if term else own
    label = record.id if isinstance(record, Office) else record.name
    key = record.iso if isinstance(record, Country) else record.id
    if name in (record.id, key):
        yield Match(table, record.id, label, name, (), "id", term, country)
        return
    for part, forms in parts(record):
        hits = [(code, form) for code, listed in forms.items() for form in listed if folded(form) == wanted]
        if hits:
            codes = tuple(dict.fromkeys(code for code, _ in hits))
            yield Match(table, record.id, label, hits[0][1], codes, part, term, country)
            return
