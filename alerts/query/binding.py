"""Tree → compiled query: which conditions speak of the same event, and what a query must ask for.

`event:`, `status:`, `role.…:` and `confidence` that stand side by side in one AND speak of one event, also within an OR
or a NOT of that AND: `event:leader_meeting NOT status:denied` wants a meeting that is not denied. There are four
exceptions. An AND in brackets that has an `event:` of its own, and `event:…( )`, stand for themselves. `NOT event:…`
wants no such event anywhere in the article. A NOT in an AND without any positive condition on an event does likewise:
`Putin NOT status:denied` wants an article without anything denied. And two `event:` in one AND are two events, so that
a `status:` beside them is refused: it must be said which of the two it belongs to.
"""

from dataclasses import dataclass, field

from alerts.query import syntax
from alerts.query.clauses import All, Leaf, Negation, Node, OneEvent, Some
from alerts.query.errors import QueryError, QueryRefusedError, error_at
from alerts.query.values import EVENT_FIELDS, Values
from alerts.query.vocabulary import Vocabulary
from alerts.query.words import Either, Finder, Text, Together, finder_for
from streams.messages import Field

TEXT_ONLY = (syntax.Word, syntax.Phrase, syntax.Pattern, syntax.Near)


def bind(text: str, tree: syntax.Node, vocabulary: Vocabulary) -> Node:
    """Compile a parsed query. Raises QueryRefusedError with every mistake."""
    errors: list[QueryError] = []
    binder = _Binder(text, Values(text, vocabulary, errors), errors)
    node = binder.free(tree)
    if not errors:
        _refuse_mere_negation(text, tree, errors)
    if errors:
        raise QueryRefusedError(sorted(errors, key=lambda error: (error.line, error.column)))
    return node


def speaks_of_event(node: syntax.Node) -> bool:
    """Whether a condition on the event at hand is in it, one that `event:…( )` or brackets do not close off."""
    match node:
        case syntax.Condition():
            return node.field in EVENT_FIELDS or node.field.startswith("role.")
        case syntax.Comparison():
            return node.field in EVENT_FIELDS
        case syntax.Not():
            return not is_closed(node) and speaks_of_event(node.node)
        case syntax.And() | syntax.Or():
            return not is_closed(node) and any(speaks_of_event(part) for part in node.nodes)
    return False


def names_event(node: syntax.Node) -> bool:
    """Whether an `event:` is in it that is not negated and not closed off."""
    match node:
        case syntax.Condition():
            return node.field == "event"
        case syntax.And() | syntax.Or():
            return not is_closed(node) and any(names_event(part) for part in node.nodes)
    return False


def asks_for_event(node: syntax.Node) -> bool:
    """Whether a condition on an event is in it that is not negated and not closed off."""
    match node:
        case syntax.Condition() | syntax.Comparison():
            return speaks_of_event(node)
        case syntax.And() | syntax.Or():
            return not is_closed(node) and any(asks_for_event(part) for part in node.nodes)
    return False


def is_closed(node: syntax.Node) -> bool:
    """Whether it speaks of an event of its own: an AND in brackets with `event:`, or `NOT event:`."""
    match node:
        case syntax.And():
            return node.bracketed and any(names_event(part) for part in node.nodes)
        case syntax.Not():
            return names_event(node.node)
    return False


@dataclass(slots=True)
class _Binder:
    text: str
    values: Values
    errors: list[QueryError] = field(default_factory=list)

    def free(self, node: syntax.Node) -> Node:
        """Compile a part that stands in no AND about one event: it looks for an event of its own."""
        match node:
            case syntax.And():
                return self._conjunction(node)
            case syntax.Or():
                return Some(tuple(self.free(part) for part in node.nodes))
            case syntax.Not():
                return Negation(self.free(node.node))
        leaf = self.leaf(node)
        return OneEvent(leaf) if speaks_of_event(node) else leaf

    def bound(self, node: syntax.Node) -> Node:
        """Compile a part of an AND about one event: its conditions speak of that event."""
        if is_closed(node) or not speaks_of_event(node):
            return self.free(node)
        match node:
            case syntax.And():
                return All(tuple(self.bound(part) for part in node.nodes))
            case syntax.Or():
                return Some(tuple(self.bound(part) for part in node.nodes))
            case syntax.Not():
                return Negation(self.bound(node.node))
        return self.leaf(node)

    def _conjunction(self, node: syntax.And) -> Node:
        parts = list(_flat(node))
        about = [part for part in parts if speaks_of_event(part) and not is_closed(part)]
        naming = [part for part in about if names_event(part)]
        if len(naming) > 1:
            self._refuse_unclear(naming, about)
            about = []
        elif not any(asks_for_event(part) for part in about):
            about = []
        apart = [self.free(part) for part in parts if part not in about]
        if about:
            together = tuple(self.bound(part) for part in about)
            apart.append(OneEvent(together[0] if len(together) == 1 else All(together)))
        return apart[0] if len(apart) == 1 else All(tuple(apart))

    def _refuse_unclear(self, naming: list[syntax.Node], about: list[syntax.Node]) -> None:
        for part in about:
            if part not in naming:
                written = self.text[part.start : part.end]
                first = self.text[naming[0].start : naming[0].end]
                message = f"it is not clear to which of the {len(naming)} events {written} belongs"
                hint = f"write it in brackets after its event: {first}({written})"
                self.errors.append(error_at(self.text, part.start, part.end, message, hint))

    def leaf(self, node: syntax.Node) -> Node:
        """Compile a single condition, or one that closes off its parts."""
        label = self.text[node.start : node.end]
        match node:
            case syntax.Condition():
                return Leaf(self.values.condition(node, in_group=False), label)
            case syntax.Comparison():
                return Leaf(self.values.comparison(node), label)
            case syntax.Group():
                return self._group(node)
            case syntax.Scoped():
                return self._scoped(node.node, ("title",) if node.field == "title" else ("text",), node)
        return self._scoped(node, ("title", "text"), node)

    def _group(self, node: syntax.Group) -> Node:
        if node.condition.field != "event":
            end = node.condition.start + len(node.condition.field) + 1
            message = "only event: takes conditions in brackets"
            self.errors.append(error_at(self.text, node.start, end, message, "write event:…( ) or a blank before ("))
        event = Leaf(self.values.condition(node.condition, in_group=False), self._label(node.condition))
        return OneEvent(All((event, self._grouped(node.node))))

    def _grouped(self, node: syntax.Node) -> Node:
        match node:
            case syntax.And():
                return All(tuple(self._grouped(part) for part in node.nodes))
            case syntax.Or():
                return Some(tuple(self._grouped(part) for part in node.nodes))
            case syntax.Not():
                return Negation(self._grouped(node.node))
            case syntax.Condition() if node.field != "event":
                return Leaf(self.values.condition(node, in_group=True), self._label(node))
            case syntax.Comparison() if node.field != "published":
                return Leaf(self.values.comparison(node), self._label(node))
        hint = "write it outside, or write status:, supplier:, recipient:, country:, confidence> …"
        message = f"{self._label(node)} is no condition on the event"
        self.errors.append(error_at(self.text, node.start, node.end, message, hint))
        return All(())

    def _scoped(self, node: syntax.Node, fields: tuple[Field, ...], whole: syntax.Node) -> Node:
        """Words, each with the fields it is looked for in."""
        label = self._label(whole if isinstance(whole, syntax.Scoped) and isinstance(node, TEXT_ONLY) else node)
        match node:
            case syntax.And():
                return All(tuple(self._scoped(part, fields, node) for part in node.nodes))
            case syntax.Or():
                return Some(tuple(self._scoped(part, fields, node) for part in node.nodes))
            case syntax.Not():
                return Negation(self._scoped(node.node, fields, node))
            case syntax.Word() | syntax.Phrase() | syntax.Pattern() | syntax.Near():
                return Leaf(Text(self._finder(node), fields), label)
        message = f"in title: and text: stand words, not {self._label(node)}"
        self.errors.append(error_at(self.text, node.start, node.end, message, "write it outside"))
        return All(())

    def _finder(self, node: syntax.Node) -> Finder:
        match node:
            case syntax.Word():
                return finder_for(node.text, prefix=node.prefix, literal=node.exact)
            case syntax.Phrase():
                return finder_for(node.text, phrase=True, literal=node.exact)
            case syntax.Pattern():
                return self.values.pattern(node)
            case syntax.Near():
                return Together(self._finder(node.left), self._finder(node.right), node.distance)
            case syntax.Or():
                return Either(tuple(self._finder(part) for part in node.nodes))
        message = f"NEAR stands between words and phrases, not {self._label(node)}"
        self.errors.append(error_at(self.text, node.start, node.end, message, "write AND instead"))
        return Either(())

    def _label(self, node: syntax.Node) -> str:
        return self.text[node.start : node.end]


def _flat(node: syntax.And) -> "list[syntax.Node]":
    """The parts of an AND and of the ANDs in it, except those that brackets close off."""
    parts: list[syntax.Node] = []
    for part in node.nodes:
        parts.extend(_flat(part) if isinstance(part, syntax.And) and not is_closed(part) else [part])
    return parts


def _refuse_mere_negation(text: str, node: syntax.Node, errors: list[QueryError]) -> None:
    """Every way to satisfy a query must ask for something: else it meets nearly every article."""
    loose = _loose(node, negated=False)
    if loose is not None:
        message = "this rule only excludes: it would meet nearly every article"
        hint = "add what to look for, or put NOT beside it with AND"
        errors.append(error_at(text, loose.start, loose.end, message, hint))


def _loose(node: syntax.Node, *, negated: bool) -> syntax.Node | None:
    """The part that can be satisfied without anything being there, None when there is none."""
    match node:
        case syntax.Not():
            inner = _loose(node.node, negated=not negated)
            return node if inner is node.node else inner
        case syntax.And() | syntax.Or():
            loose = [_loose(part, negated=negated) for part in node.nodes]
            every = isinstance(node, syntax.And) != negated
            if every:
                return node if all(loose) else None
            return next((part for part in loose if part is not None), None)
        case syntax.Scoped():
            return _loose(node.node, negated=negated)
    return node if negated else None
