"""What a query is made of once it is compiled: clauses that hold for an article or not, and how they combine.

A clause is asked with an event when it stands in an AND that speaks of one event (see `binding`), else with None.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from alerts.query.prepared import Prepared
from streams.messages import Event, Matched, Span

MARKS_PER_CLAUSE = 5
MARKS = 50
LONGEST_MARK = 500
"""A regular expression may meet a whole text; its beginning is shown."""


class Clause(Protocol):
    """One condition. `holds` is asked for every candidate article and must be quick; `marks` only for hits."""

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the condition is met."""

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """The words that meet it, in no special order; none where it is not about words."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A clause with its text as the analyst wrote it."""

    clause: Clause
    label: str

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Ask the clause."""
        return self.clause.holds(article, event)


@dataclass(frozen=True, slots=True)
class All:
    """AND."""

    nodes: tuple["Node", ...]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether every part holds."""
        for node in self.nodes:  # noqa: SIM110 -- a generator costs three times as much in the hottest loop
            if not node.holds(article, event):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Some:
    """OR."""

    nodes: tuple["Node", ...]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether one part holds."""
        for node in self.nodes:  # noqa: SIM110
            if node.holds(article, event):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    node: "Node"

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the part does not hold."""
        return not self.node.holds(article, event)


@dataclass(frozen=True, slots=True)
class OneEvent:
    """There is an event of the article that meets all of the part."""

    node: "Node"

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether there is one; the event at hand does not matter."""
        for other in article.article.events or (None,):  # noqa: SIM110
            if self.node.holds(article, other):
                return True
        return False


Node = Leaf | All | Some | Negation | OneEvent


@dataclass(slots=True)
class Hit:
    """Why a query met an article: the events that satisfied it, and the words of each clause that did."""

    events: list[Event] = field(default_factory=list)
    matched: list[Matched] = field(default_factory=list)


def collect(node: Node, article: Prepared, event: Event | None, hit: Hit) -> None:
    """Gather what made a node hold, from all of its parts that do; what is negated leaves no words."""
    match node:
        case Leaf():
            _mark(node, article, event, hit)
        case All() | Some():
            for part in node.nodes:
                if part.holds(article, event):
                    collect(part, article, event, hit)
        case OneEvent():
            for other in article.article.events or (None,):
                if node.node.holds(article, other):
                    if other is not None and other not in hit.events:
                        hit.events.append(other)
                    collect(node.node, article, other, hit)


def _mark(leaf: Leaf, article: Prepared, event: Event | None, hit: Hit) -> None:
    found = 0
    for span in leaf.clause.marks(article, event):
        end, text = min(span.end, span.start + LONGEST_MARK), span.text[:LONGEST_MARK]
        matched = Matched(field=span.field, start=span.start, end=end, text=text, clause=leaf.label)
        if len(hit.matched) >= MARKS or found >= MARKS_PER_CLAUSE:
            return
        if matched not in hit.matched:
            hit.matched.append(matched)
            found += 1
