"""Brings the tables up to date from Wikidata, with a person's consent: asks, compares, writes what is accepted.

Accepted rows go into an operator's own `people.tsv`, which lies over ours; ours is never touched.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

from streams.errors import PermanentError, TemporaryError
from streams.knowledge.check import problems
from streams.knowledge.records import NO_FORMS, Forms, Knowledge, Person, Term
from streams.knowledge.tables import OWN_FOLDER
from streams.knowledge.wikidata import (
    COUNTRIES_AT_ONCE,
    PEOPLE_AT_ONCE,
    Change,
    Holding,
    batches,
    merged,
    names_question,
    read_holdings,
    read_names,
    terms_question,
)
from streams.outbound import Outbound, Request

ENDPOINT = "https://query.wikidata.org/sparql"
_DEADLINE, _MAX_BYTES, _PAUSE = 75.0, 20_000_000, 1.0
"""Seconds for one answer (the service itself gives up after 60), its size, and the pause between two questions."""


@dataclass(frozen=True, slots=True)
class Wikidata:
    """The query service: one question after the other, as its rules of use ask."""

    outbound: Outbound
    endpoint: str = ENDPOINT
    pause: float = _PAUSE

    async def holdings(self, countries: Iterable[str], since: date) -> list[Holding]:
        """The terms of the heads of state and government of these countries since a day."""
        found: list[Holding] = []
        for codes in batches(countries, COUNTRIES_AT_ONCE):
            found.extend(read_holdings(await self._ask(terms_question(codes, since))))
        return found

    async def names(self, people: Iterable[str]) -> dict[str, Forms]:
        """The names of people in the nine languages, by Wikidata id."""
        found: dict[str, Forms] = {}
        for ids in batches(people, PEOPLE_AT_ONCE):
            found.update(read_names(await self._ask(names_question(ids))))
        return found

    async def _ask(self, question: str) -> bytes:
        """The answer to a question. TemporaryError where the service is busy, PermanentError where it refuses."""
        await asyncio.sleep(self.pause)
        headers = {
            "Accept": "application/sparql-results+json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"query": question}).encode()
        answer = await self.outbound.send(
            Request(self.endpoint, "POST", headers, body, deadline=_DEADLINE, max_bytes=_MAX_BYTES)
        )
        if answer.status in (429, 500, 502, 503, 504):
            raise TemporaryError(f"{self.endpoint} is busy (status {answer.status}); try again in some minutes")
        if answer.status != 200:
            raise PermanentError(f"{self.endpoint} refuses the question (status {answer.status})")
        return answer.body


def accepted(found: Sequence[Change], ids: Iterable[str]) -> list[Change]:
    """The changes of the people named, of all for `all`."""
    wanted = set(ids)
    return [change for change in found if "all" in wanted or change.person in wanted]


def people_with(knowledge: Knowledge, chosen: Sequence[Change], names: dict[str, Forms]) -> list[Person]:
    """The rows of the people whom the chosen changes concern."""
    grouped: dict[str, list[Change]] = defaultdict(list)
    for change in chosen:
        grouped[change.person].append(change)
    return [merged(knowledge.people.get(key), group, names.get(key, NO_FORMS)) for key, group in grouped.items()]


def contradictions(knowledge: Knowledge, people: Iterable[Person]) -> list[str]:
    """What the tables would contradict with these rows that they do not contradict without them."""
    after = replace(
        knowledge, people=MappingProxyType({**knowledge.people, **{person.id: person for person in people}})
    )
    before = set(problems(knowledge))
    return [problem for problem in problems(after) if problem not in before]


def write_people(definitions: Path, people: Iterable[Person]) -> Path:
    """Put rows into the folder's `people.tsv`, in place of those with the same id; all other lines stay as they are."""
    path = definitions / OWN_FOLDER / "people.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {person.id: row(person) for person in people}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [rows.pop(line.partition("\t")[0].strip(), line) for line in lines]
    new = path.with_suffix(".tsv.new")
    new.write_text("".join(f"{line}\n" for line in [*kept, *rows.values()]), encoding="utf-8")
    new.replace(path)
    return path


def row(person: Person) -> str:
    """A person as a line of `people.tsv`."""
    forms = {
        code: tuple(form for form in listed if not (code == "*" and form == person.name))
        for code, listed in person.forms.items()
    }
    cells = (
        person.id, person.name, "; ".join(_term(term) for term in person.terms), _forms(forms), _forms(person.family),
        " ".join(sorted(person.needs_title)),
    )  # fmt: skip
    return "\t".join(cells)


def _forms(forms: Forms) -> str:
    return "; ".join(f"{code}={'|'.join(listed)}" for code, listed in forms.items() if listed)


def _term(term: Term) -> str:
    return f"{term.country or '-'} {term.office} {term.start}..{term.end or ''}"
