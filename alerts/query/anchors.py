"""Which queries an article can meet at all: each is indexed under terms of which it needs one.

An AND needs what its rarest part needs, an OR what any of its parts needs, a NOT nothing. A query that needs nothing
that can be looked up (a regular expression, a beginning of a word, Chinese) is tried on every article.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.query.clauses import All, Leaf, Node, OneEvent, Some
from alerts.query.facts import About, EventIs, RoleIs, Tagged
from alerts.query.inflection import LANGUAGES
from alerts.query.prepared import Prepared
from alerts.query.query import Query
from alerts.query.words import Either, Finder, Form, Inflected, Text, Together
from alerts.query.words import Sequence as Words

Key = tuple[str, str]
"""What is looked up: a view of the article (`stem`, `form`, `event`, `country`, `entity`, `tag`) and a value in it."""

_COST = {"form": 1, "stem": 1, "tag": 2, "entity": 2, "event": 3, "country": 4}
"""How common the values of a view are: of several parts that are needed, the rarest is indexed."""


@dataclass(slots=True)
class Index:
    """Queries by number, for articles in one language."""

    language: str
    always: list[int] = field(default_factory=list)
    views: dict[str, dict[str, list[int]]] = field(default_factory=lambda: {view: {} for view in _COST})

    def add(self, number: int, node: Node) -> None:
        """Put a query under the terms of which it needs one."""
        keys = anchors(node, self.language)
        if keys is None:
            self.always.append(number)
            return
        for view, value in keys:
            self.views[view].setdefault(value, []).append(number)

    def candidates(self, article: Prepared) -> list[int]:
        """The queries that the article may meet, in order."""
        found = set(self.always)
        words = article.words(("title", "text"))
        for view, values in (
            *(("stem", w.stems) for w in words if self.views["stem"]),
            *(("form", w.forms) for w in words if self.views["form"]),
            ("event", article.types),
            ("country", article.countries),
            ("entity", article.entities),
            ("tag", article.tags),
        ):
            indexed = self.views[view]
            for value in indexed.keys() & values:
                found.update(indexed[value])
        return sorted(found)


@dataclass(slots=True)
class Indexes:
    """One index for each language that inflects words in its own way; made when the first such article comes."""

    queries: Sequence[Query]
    made: dict[str, Index] = field(default_factory=dict)

    def candidates(self, article: Prepared) -> list[int]:
        """The numbers of the queries that the article may meet."""
        return self._index(article.language).candidates(article)

    def make_all(self) -> None:
        """Make every index now, so that no article waits for one."""
        for language in ("", *LANGUAGES):
            self._index(language)

    def _index(self, language: str) -> Index:
        index = self.made.get(language)
        if index is None:
            index = Index(language)
            for number, query in enumerate(self.queries):
                index.add(number, query.node)
            self.made[language] = index
        return index


def anchors(node: Node, language: str) -> frozenset[Key] | None:
    """Terms of which an article must have one for the node to hold; None when nothing can be said."""
    match node:
        case Leaf(clause=clause):
            return _needed(clause, language)
        case OneEvent(node=inner):
            return anchors(inner, language)
        case All(nodes=nodes):
            return _rarest(anchors(part, language) for part in nodes)
        case Some(nodes=nodes):
            return _any([anchors(part, language) for part in nodes])
    return None


def _needed(clause: object, language: str) -> frozenset[Key] | None:
    match clause:
        case Text(finder=finder):
            return _finder(finder, language)
        case EventIs(types=types) if types is not None:
            return frozenset(("event", name) for name in types)
        case About(meaning=meaning) | RoleIs(meaning=meaning):
            countries = {("country", iso) for iso in meaning.countries}
            return frozenset(countries | {("entity", entity) for entity in meaning.entities})
        case Tagged(tags=tags):
            return frozenset(("tag", tag) for tag in tags)
    return None


def _finder(finder: Finder, language: str) -> frozenset[Key] | None:
    match finder:
        case Words(parts=parts):
            return _rarest(_word(part, language) for part in parts)
        case Together(left=left, right=right):
            return _rarest((_finder(left, language), _finder(right, language)))
        case Either(finders=finders):
            return _any([_finder(part, language) for part in finders])
    return None


def _word(part: object, language: str) -> frozenset[Key] | None:
    match part:
        case Form(forms=forms):
            return frozenset(("form", form) for form in forms)
        case Inflected(stems=stems):
            return frozenset(("stem", key) for key in stems[language])
    return None


def _rarest(found: Iterable[frozenset[Key] | None]) -> frozenset[Key] | None:
    known = [keys for keys in found if keys is not None]
    return min(known, key=_cost, default=None)


def _any(found: list[frozenset[Key] | None]) -> frozenset[Key] | None:
    known = [keys for keys in found if keys is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _cost(keys: frozenset[Key]) -> int:
    """Longer words are rarer."""
    return sum(_COST[view] * 100 - min(len(value), 20) for view, value in keys)
