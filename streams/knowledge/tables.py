"""Loads the tables: ours beside this file, and those of an operator's own folder laid over them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from streams.errors import DefinitionError, Problem
from streams.knowledge.records import Country, Forms, Knowledge, Office, Organization, Person, Place, Term, Weapon
from streams.knowledge.rows import Row, read_rows

TABLES_DIR = Path(__file__).parent
OWN_FOLDER = "knowledge"
"""Where an operator's definitions hold tables, beside `event_types` and `languages`."""

PLACE_KINDS = frozenset({"capital", "seat", "ministry", "venue", "city"})
ORGANIZATION_KINDS = frozenset(
    {
        "alliance",
        "union",
        "agency",
        "legislature",
        "armed_group",
        "court",
        "bank",
        "media",
        "summit",
        "company",
        "party",
        "military",
    }
)  # fmt: skip
WEAPON_KINDS = frozenset({"generic", "platform", "munition", "system", "model"})
TERM_OFFICES = frozenset(
    {"head_of_state", "head_of_government", "foreign_minister", "defence_minister", "vice_president"}
)

R = TypeVar("R")


@dataclass(slots=True)
class _Table(Generic[R]):
    """One kind of table: its columns, how a row becomes a record, and the rows read so far by key."""

    name: str
    columns: tuple[str, ...]
    record: Callable[[Row], R]
    records: dict[str, R] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)

    def read(self, folder: Path, found: list[Problem]) -> None:
        """Take in the folder's file of this table; a row with a key that is known replaces the known record."""
        path = folder / f"{self.name}.tsv"
        if not path.exists():
            return
        for row in read_rows(path, self.columns, found):
            key = row.cells[self.columns[0]].strip()
            self.records[key] = self.record(row)
            self.rows[key] = row


def load(definitions: Path | None = None) -> Knowledge:
    """All tables. Raises DefinitionError with every mistake in ours and in those of an operator's folder at once."""
    found: list[Problem] = []
    people = _Table("people", ("id", "name", "terms", "forms", "family", "needs_title"), _person)
    countries = _Table(
        "countries",
        ("iso", "id", "name", "names", "adjectives", "demonyms", "short", "collisions", "exporter_rank"),
        _country,
    )
    places = _Table("places", ("id", "name", "country", "kind", "acts", "forms"), _place)
    organizations = _Table("organizations", ("id", "name", "kind", "country", "forms"), _organization)
    weapons = _Table("weapons", ("id", "name", "kind", "parent", "ambiguous", "maker", "forms"), _weapon)
    offices = _Table("offices", ("id", "country", "office", "forms"), _office)
    for folder in (TABLES_DIR, *_folder(definitions, found)):
        for table in (people, countries, places, organizations, weapons, offices):
            table.read(folder, found)
    _check_countries(countries, people, places, organizations, weapons, offices)
    _check_parents(weapons)
    if found:
        raise DefinitionError(sorted(found, key=lambda problem: (problem.file, problem.line, problem.column)))
    return Knowledge(
        people=MappingProxyType(people.records),
        countries=MappingProxyType(countries.records),
        places=MappingProxyType(places.records),
        organizations=MappingProxyType(organizations.records),
        weapons=MappingProxyType(weapons.records),
        offices=MappingProxyType(offices.records),
    )


def _folder(definitions: Path | None, found: list[Problem]) -> Iterable[Path]:
    if definitions is None:
        return ()
    if not definitions.is_dir():
        found.append(Problem(str(definitions), 0, 0, "is no folder of definitions"))
        return ()
    return (definitions / OWN_FOLDER,)


def _check_countries(
    countries: _Table[Country],
    people: _Table[Person],
    places: _Table[Place],
    organizations: _Table[Organization],
    weapons: _Table[Weapon],
    offices: _Table[Office],
) -> None:
    def wanted(row: Row, column: str, iso: str | None) -> None:
        if iso and iso not in countries.records:
            row.complain(column, f"the country {iso!r} is not in the table of countries")

    for key, person in people.records.items():
        for iso in {term.country for term in person.terms}:
            wanted(people.rows[key], "terms", iso)
    for key, place in places.records.items():
        wanted(places.rows[key], "country", place.country)
    for key, organization in organizations.records.items():
        wanted(organizations.rows[key], "country", organization.country)
    for key, weapon in weapons.records.items():
        wanted(weapons.rows[key], "maker", weapon.maker)
    for key, office in offices.records.items():
        wanted(offices.rows[key], "country", office.country)


def _check_parents(weapons: _Table[Weapon]) -> None:
    for key, weapon in weapons.records.items():
        above, seen = weapon.parent, {key}
        while above is not None and above in weapons.records and above not in seen:
            seen.add(above)
            above = weapons.records[above].parent
        if above is not None:
            why = "leads back to itself" if above in seen else "is not in the table"
            weapons.rows[key].complain("parent", f"the class {above!r} {why}")


def _with_name(forms: Forms, code: str, name: str) -> Forms:
    """The forms with the record's own name among them, which the row need not repeat."""
    listed = forms.get(code, ())
    return forms if name in listed else MappingProxyType({**forms, code: (name, *listed)})


def _person(row: Row) -> Person:
    name = row.text("name")
    terms: tuple[Term, ...] = row.terms("terms")
    forms = _with_name(row.forms("forms"), "*", name)
    return Person(row.text("id"), name, terms, forms, row.forms("family"), row.languages("needs_title"))


def _country(row: Row) -> Country:
    iso, name = row.text("iso"), row.text("name")
    if not (len(iso) == 2 and iso.isascii() and iso.isupper()):
        row.complain("iso", f"{iso!r} is no ISO code of two capital letters")
    return Country(
        iso=iso,
        id=row.text("id"),
        name=name,
        names=_with_name(row.forms("names"), "en", name),
        adjectives=row.forms("adjectives"),
        demonyms=row.forms("demonyms"),
        short=row.forms("short"),
        collisions=row.languages("collisions"),
        exporter_rank=row.number("exporter_rank"),
    )


def _place(row: Row) -> Place:
    return Place(
        id=row.text("id"),
        name=row.text("name"),
        country=row.text("country"),
        kind=row.choice("kind", PLACE_KINDS),
        forms=_with_name(row.forms("forms"), "en", row.text("name")),
        acts=row.flag("acts", default=True),
    )


def _organization(row: Row) -> Organization:
    return Organization(
        id=row.text("id"),
        name=row.text("name"),
        kind=row.choice("kind", ORGANIZATION_KINDS),
        forms=_with_name(row.forms("forms"), "en", row.text("name")),
        country=row.optional("country"),
    )


def _weapon(row: Row) -> Weapon:
    return Weapon(
        id=row.text("id"),
        name=row.text("name"),
        kind=row.choice("kind", WEAPON_KINDS),
        forms=row.forms("forms"),
        parent=row.optional("parent"),
        ambiguous=row.flag("ambiguous", default=False),
        maker=row.optional("maker"),
    )


def _office(row: Row) -> Office:
    return Office(row.text("id"), row.text("country"), row.choice("office", TERM_OFFICES), row.forms("forms"))
