"""What Wikidata says of who leads which state: the questions, the answers, and how they differ from the tables.

Nothing here goes out to the internet: a question is text for the query service, an answer is its JSON (the W3C's
"SPARQL 1.1 Query Results JSON Format"). Properties: P35 head of state, P6 head of government, P297 ISO code,
P580 and P582 start and end of a term.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from streams.errors import PermanentError
from streams.knowledge.lookup import folded
from streams.knowledge.records import LEADER_OFFICES, Forms, Knowledge, Person, Term

COUNTRIES_AT_ONCE, PEOPLE_AT_ONCE = 50, 150
"""What one question asks for: the service ends questions that take it more than a minute."""

SAME_DAY = 7
"""Days by which two sources may differ on the start or end of one term: election, oath and handover are all used."""

SCRIPTS = ("ru", "uk", "zh", "ar", "ko")
LATIN = ("en", "de", "fr", "es")
_ID = re.compile(r"Q[1-9]\d{0,11}")
_ISO = re.compile(r"[A-Z]{2}")
_NAME = re.compile(r"[^\t\n;=|]{2,80}")
"""A name that a table can hold: its separators are no letters of names."""

Kind = Literal["new holder", "ends", "starts", "still holds"]


@dataclass(frozen=True, slots=True)
class Holding:
    """One term of a leader, as Wikidata has it. `end` is None while it lasts."""

    person: str
    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between Wikidata and the tables: `term` replaces `known`, which is None for a new term."""

    kind: Kind
    person: str
    name: str
    term: Term
    known: Term | None = None


def terms_question(countries: Iterable[str], since: date) -> str:
    """Who has been head of state or government of these countries (ISO codes) since a day."""
    codes = " ".join(f'"{iso}"' for iso in countries if _ISO.fullmatch(iso))
    return f"""SELECT ?iso ?office ?person ?name ?start ?end WHERE {{
  VALUES ?iso {{ {codes} }}
  ?country wdt:P297 ?iso .
  {{ ?country p:P35 ?held . ?held ps:P35 ?person . BIND("head_of_state" AS ?office) }}
  UNION
  {{ ?country p:P6 ?held . ?held ps:P6 ?person . BIND("head_of_government" AS ?office) }}
  MINUS {{ ?held wikibase:rank wikibase:DeprecatedRank }}
  ?held pq:P580 ?start .
  OPTIONAL {{ ?held pq:P582 ?end }}
  FILTER(!BOUND(?end) || ?end >= "{since.isoformat()}T00:00:00Z"^^xsd:dateTime)
  ?person rdfs:label ?name . FILTER(LANG(?name) = "en")
}}"""


def names_question(people: Iterable[str]) -> str:
    """What these people (Wikidata ids) are called in the nine languages."""
    ids = " ".join(f"wd:{person}" for person in people if _ID.fullmatch(person))
    codes = ", ".join(f'"{code}"' for code in (*LATIN, *SCRIPTS))
    return f"""SELECT ?person ?name WHERE {{
  VALUES ?person {{ {ids} }}
  ?person rdfs:label ?name . FILTER(LANG(?name) IN ({codes}))
}}"""


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Items in lists of at most `size`, in order."""
    listed = sorted(items)
    for first in range(0, len(listed), size):
        yield listed[first : first + size]


def read_holdings(answer: bytes) -> list[Holding]:
    """The terms in an answer to `terms_question`. Rows without a readable id, country or day are left out."""
    found: dict[tuple[str, str, str, date], Holding] = {}
    for row in _rows(answer):
        person, iso, office = _ID.search(row.get("person", "")), row.get("iso", ""), row.get("office", "")
        start, end = _day(row.get("start")), _day(row.get("end"))
        name = row.get("name", "")
        if not (person and _ISO.fullmatch(iso) and office in LEADER_OFFICES and start and _NAME.fullmatch(name)):
            continue
        if "end" in row and (end is None or end < start):
            continue
        found.setdefault(
            (person.group(), iso, office, start), Holding(person.group(), name, Term(iso, office, start, end))
        )
    return list(found.values())


def read_names(answer: bytes) -> dict[str, Forms]:
    """Names by person and language in an answer to `names_question`; Latin ones stand together under `*`."""
    names: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows(answer):
        person = _ID.search(row.get("person", ""))
        code, name = row.get("name@", ""), row.get("name", "")
        if person is None or code not in (*LATIN, *SCRIPTS) or not _NAME.fullmatch(name):
            continue
        listed = names[person.group()]["*" if code in LATIN else code]
        if name not in listed:
            listed.append(name)
    return {person: {code: tuple(forms) for code, forms in listed.items()} for person, listed in names.items()}


def changes(knowledge: Knowledge, holdings: Iterable[Holding]) -> list[Change]:
    """Where Wikidata differs from the tables, by country and start: terms missing, ended or dated otherwise."""
    found = [change for holding in holdings for change in _change(knowledge, holding)]
    return sorted(found, key=lambda change: (change.term.country, change.term.start, change.person))


def known_person(knowledge: Knowledge, holding_id: str, name: str) -> Person | None:
    """The person in the tables, by id or, where the row has one of our own ids, by a full name."""
    if holding_id in knowledge.people:
        return knowledge.people[holding_id]
    wanted = folded(name)
    for person in knowledge.people.values():
        if not person.id.startswith("Q") and any(
            folded(form) == wanted for forms in person.forms.values() for form in forms
        ):
            return person
    return None


def merged(person: Person | None, accepted: Sequence[Change], names: Forms) -> Person:
    """The person with the accepted terms: names that the tables have stay, a new person takes Wikidata's."""
    terms = list(person.terms) if person else []
    for change in accepted:
        if change.known is not None and change.known in terms:
            terms[terms.index(change.known)] = change.term
        else:
            terms.append(change.term)
    terms.sort(key=lambda term: (term.start, term.office))
    if person is not None:
        return Person(person.id, person.name, tuple(terms), person.forms, person.family, person.needs_title)
    # the family name of a stranger may be a word or somebody else's: it counts only beside a title or a country
    first = accepted[0]
    family = first.name.split()[-1]
    return Person(first.person, first.name, tuple(terms), names, {"*": (family,)}, frozenset({"*"}))


def _change(knowledge: Knowledge, holding: Holding) -> Iterator[Change]:
    if holding.term.country not in knowledge.countries:
        return
    person = known_person(knowledge, holding.person, holding.name)
    key = person.id if person else holding.person
    name = person.name if person else holding.name
    known = _nearest(person.terms if person else (), holding.term)
    if known is None:
        yield Change("new holder", key, name, holding.term)
    elif holding.term.end and (known.end is None or abs((known.end - holding.term.end).days) > SAME_DAY):
        yield Change("ends", key, name, Term(known.country, known.office, known.start, holding.term.end), known)
    elif holding.term.end is None and known.end is not None:
        yield Change("still holds", key, name, Term(known.country, known.office, known.start), known)
    elif abs((known.start - holding.term.start).days) > SAME_DAY:
        yield Change("starts", key, name, Term(known.country, known.office, holding.term.start, known.end), known)


def _nearest(terms: Iterable[Term], wanted: Term) -> Term | None:
    """The term of the same office that overlaps the wanted one and begins nearest to it."""
    same = [
        term
        for term in terms
        if (term.country, term.office) == (wanted.country, wanted.office)
        and term.start <= (wanted.end or date.max)
        and wanted.start <= (term.end or date.max)
    ]
    return min(same, key=lambda term: abs((term.start - wanted.start).days), default=None)


def _rows(answer: bytes) -> Iterator[Mapping[str, str]]:
    """The rows of an answer: values by variable, `name@` is the language of `name`; else PermanentError."""
    try:
        rows = json.loads(answer)["results"]["bindings"]
        for row in rows:
            values = {name: str(cell["value"]) for name, cell in row.items()}
            tags = {f"{name}@": str(cell["xml:lang"]) for name, cell in row.items() if "xml:lang" in cell}
            yield {**values, **tags}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PermanentError(f"the query service did not answer with results in SPARQL JSON ({error!r})") from error


def _day(text: str | None) -> date | None:
    """The day of `2012-05-07T00:00:00Z`; None where it is unknown (a blank node) or no day."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
