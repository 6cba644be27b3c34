"""Finds contradictions in the tables: two holders at once, gaps, two ids for a name, forms that mean two things."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from streams.errors import DefinitionError, Problem
from streams.knowledge.lookup import folded
from streams.knowledge.meanings import clashes
from streams.knowledge.records import LEADER_OFFICES, OFFICE_RANK, Country, Knowledge, Person, Term
from streams.knowledge.rows import read_rows

EXCEPTIONS = Path(__file__).parent / "exceptions.tsv"
LANGUAGES = ("de", "en", "fr", "es", "ru", "uk", "zh", "ar", "ko")
SINGLE_OFFICES = frozenset({"head_of_state", "head_of_government", "foreign_minister", "defence_minister"})
LONGEST_VACANCY = timedelta(days=100)
"""An acting holder or none for three months is usual between two terms; beyond it, somebody is missing."""
COMPLETE_FROM = date(2000, 1, 1)
"""Before this day only the best known are listed, so a gap says nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction. `subject` names it shortly and stably, so that an exception can be made for it."""

    subject: str
    message: str


def problems(knowledge: Knowledge) -> list[str]:
    """Every contradiction in the tables, one sentence each, without those that are known and justified."""
    known = exceptions()
    return [finding.message for finding in findings(knowledge) if finding.subject not in known]


def findings(knowledge: Knowledge) -> list[Finding]:
    """Every contradiction in the tables, the known ones too."""
    return [
        *_holders(knowledge),
        *_own_terms(knowledge.people.values()),
        *_unled(knowledge),
        *_same_names(knowledge.people.values()),
        *_nameless(knowledge.countries.values()),
        *(Finding(f"form {code} {form}", text) for code, form, text in clashes(knowledge)),
    ]


def exceptions(path: Path = EXCEPTIONS) -> Mapping[str, str]:
    """Contradictions that are right as they stand: subject → why. Raises DefinitionError on a row without a reason."""
    found: list[Problem] = []
    reasons = {row.text("subject"): row.text("reason") for row in read_rows(path, ("subject", "reason"), found)}
    if found:
        raise DefinitionError(found)
    return reasons


def _holders(knowledge: Knowledge) -> Iterator[Finding]:
    """Two holders of one office at once, and offices of leaders that nobody holds for long."""
    held: dict[tuple[str, str], list[tuple[Term, Person]]] = defaultdict(list)
    for person in knowledge.people.values():
        for term in person.terms:
            if term.office in SINGLE_OFFICES:
                held[term.country, term.office].append((term, person))
    for (country, office), terms in held.items():
        terms.sort(key=lambda item: (item[0].start, item[0].end or date.max))
        for (earlier, first), (later, second) in pairwise(terms):
            if first is second:
                continue
            if earlier.end is None or earlier.end > later.start:
                yield Finding(
                    f"two {country} {office} {later.start.year}",
                    f"{country} has two at once as {office}: {first.name} until {earlier.end or 'now'} "
                    f"and {second.name} from {later.start}",
                )
            elif office in LEADER_OFFICES and later.start - max(earlier.end, COMPLETE_FROM) > LONGEST_VACANCY:
                yield Finding(
                    f"gap {country} {office} {earlier.end.year}",
                    f"{country} has nobody as {office} from {earlier.end} ({first.name}) "
                    f"to {later.start} ({second.name})",
                )


def _own_terms(people: Iterable[Person]) -> Iterator[Finding]:
    """Terms of one person in one office that overlap, and offices that nobody knows."""
    for person in people:
        ordered = sorted(person.terms, key=lambda term: (term.country, term.office, term.start))
        for earlier, later in pairwise(ordered):
            same = (earlier.country, earlier.office) == (later.country, later.office)
            if same and (earlier.end is None or earlier.end >= later.start):
                yield Finding(
                    f"terms {person.id}",
                    f"{person.name} ({person.id}) has two terms as {later.office} of {later.country} that overlap "
                    f"in {later.start}",
                )
        for term in person.terms:
            if term.office not in OFFICE_RANK:
                yield Finding(f"office {person.id}", f"{person.name} ({person.id}) has an unknown office {term.office}")


def _unled(knowledge: Knowledge) -> Iterator[Finding]:
    """States of which no present head is known."""
    led = {
        term.country
        for person in knowledge.people.values()
        for term in person.terms
        if term.end is None and term.office in LEADER_OFFICES
    }
    for iso, country in knowledge.countries.items():
        if iso not in led:
            yield Finding(f"unled {iso}", f"{country.name} ({iso}) has neither a head of state nor of government now")


def _same_names(people: Iterable[Person]) -> Iterator[Finding]:
    """Full names that stand under two ids."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for person in people:
        for forms in person.forms.values():
            for form in forms:
                owners[folded(form)].setdefault(person.id, form)
    for name, ids in sorted(owners.items()):
        if len(ids) > 1:
            form = next(iter(ids.values()))
            yield Finding(f"name {name}", f"the full name {form!r} stands under several ids: {', '.join(ids)}")


def _nameless(countries: Iterable[Country]) -> Iterator[Finding]:
    """States without a name in one of the languages."""
    for country in countries:
        missing = [code for code in LANGUAGES if not country.names.get(code)]
        if missing:
            yield Finding(
                f"names {country.iso}", f"{country.name} ({country.iso}) has no name in: {', '.join(missing)}"
            )
