"""A query as it was written: the tree that parsing gives, before any name is looked up. Positions are code points."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the query: text[start:end], and how many levels are nested in it."""

    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Part):
    """`word`, `word*`, `=word`."""

    text: str
    prefix: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase(Part):
    """`"words in this order"`, `="with accents as written"`."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Part):
    """`/regular expression/`; `exact`: case counts."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near(Part):
    """`left NEAR/5 right`: at most `distance` words between the two, in either order."""

    left: "Node"
    right: "Node"
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped(Part):
    """`title:…` or `text:…`: words of that field only."""

    field: str
    node: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Part):
    """One value of a condition."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Part):
    """`field:value,value`: any of the values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Part):
    """`confidence>0.8`."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Part):
    """`event:arms_transfer(supplier:KP status:planned)`: one event that meets all of it."""

    condition: Condition
    node: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Part):
    """`NOT …` or `-…`."""

    node: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Part):
    """All of the parts; `bracketed` when the whole stood in brackets of its own."""

    nodes: tuple["Node", ...]
    bracketed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Part):
    """Any of the parts."""

    nodes: tuple["Node", ...]


Node = Word | Phrase | Pattern | Near | Scoped | Condition | Comparison | Group | Not | And | Or
