"""A query as rules use it: compiled once, asked of every article."""

from dataclasses import dataclass

from alerts.query.binding import bind
from alerts.query.clauses import Hit, Node, collect
from alerts.query.errors import QueryError, error_at
from alerts.query.parse import parse
from alerts.query.prepared import Prepared
from alerts.query.syntax import And, Not, Or, Word
from alerts.query.syntax import Node as Tree
from alerts.query.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query. `warnings` are what was understood but may not be what was meant."""

    text: str
    node: Node
    warnings: tuple[QueryError, ...] = ()

    def holds(self, article: Prepared) -> bool:
        """Whether it meets an article."""
        return self.node.holds(article, None)

    def find(self, article: Prepared) -> Hit | None:
        """Why it meets an article, None when it does not."""
        if not self.node.holds(article, None):
            return None
        hit = Hit()
        collect(self.node, article, None, hit)
        return hit


def compile_query(text: str, vocabulary: Vocabulary) -> Query:
    """Read and compile a query. Raises QueryRefusedError with every mistake."""
    tree = parse(text)
    return Query(text, bind(text, tree, vocabulary), tuple(_warnings(text, tree)))


def _warnings(text: str, node: Tree) -> list[QueryError]:
    match node:
        case And() | Or():
            return [warning for part in node.nodes for warning in _warnings(text, part)]
        case Not():
            return _warnings(text, node.node)
        case Word(text="and" | "or" | "not", exact=False, prefix=False):
            hint = f'write {node.text.upper()}, or "{node.text}" if the word is meant'
            return [error_at(text, node.start, node.end, f"{node.text} is looked for as a word", hint)]
    return []
