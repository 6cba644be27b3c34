"""Quick matching against a slow evaluator that is plain to read: both agree on random queries and articles."""

import itertools
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.query import Prepared, Query, QueryRefusedError, Vocabulary, compile_query
from alerts.query.anchors import Indexes
from alerts.query.clauses import Hit
from alerts.query.parse import parse
from alerts.query.syntax import And, Comparison, Condition, Group, Near, Node, Not, Or, Phrase, Scoped, Word
from streams.messages import Annotated, Event, Filler, Mention, Span, Status
from tests.factories import an_annotated

VOCABULARY = Vocabulary()
WORDS = ["alpha", "beta", "gamma", "delta"]
TYPES = ["coup", "protest", "treaty"]
STATUSES: list[Status] = ["occurred", "planned", "denied"]
IDS = ["Q1", "Q2", "Q3"]
TAGS = ["east", "west"]


def slow(
    node: Node, article: Annotated, event: Event | None = None, *, fields: Sequence[str] = ("title", "text")
) -> bool:
    """The meaning of a query, word by word as `alerts.query.binding` describes it. `event` is the one spoken of."""
    match node:
        case Scoped():
            return slow(node.node, article, event, fields=(node.field,))
        case Not():
            spoken = None if names_event(node.node) else event
            return not slow(node.node, article, spoken, fields=fields)
        case Or():
            return any(slow(part, article, event, fields=fields) for part in node.nodes)
        case And() if event is None or closed(node):
            return conjunction(node, article, fields)
        case And():
            return all(slow(part, article, event, fields=fields) for part in flat(node))
        case Condition() | Comparison() if about_event(node):
            return any(meets(node, e) for e in ([event] if event else article.events))
    return holds(node, article, fields)


def holds(node: Node, article: Annotated, fields: Sequence[str]) -> bool:
    """A part that does not ask which event is spoken of."""
    match node:
        case Group():
            return any(meets(node.condition, e) and in_group(node.node, e) for e in article.events)
        case Condition(field="tag"):
            return any(value.text in article.tags for value in node.values)
        case Condition():
            named = {m.entity for m in article.mentions}
            fillers = {f.entity for e in article.events for listed in e.roles.values() for f in listed}
            return any(value.text in named | fillers for value in node.values)
    return any(spans(node, article, field) for field in fields)


def conjunction(node: And, article: Annotated, fields: Sequence[str]) -> bool:
    parts = flat(node)
    together = [part for part in parts if speaks(part)]
    if sum(names_event(part) for part in together) > 1 or not any(asks(part) for part in together):
        together = []
    apart = [part for part in parts if part not in together]
    return all(slow(part, article, fields=fields) for part in apart) and (
        not together
        or any(all(slow(part, article, e, fields=fields) for part in together) for e in article.events)
        or (not article.events and all(without(part, article, fields) for part in together))
    )


def without(node: Node, article: Annotated, fields: Sequence[str]) -> bool:
    """A part of an AND about one event, in an article that has none: every condition on it is false."""
    match node:
        case Not() if speaks(node):
            return not without(node.node, article, fields)
        case And() if speaks(node):
            return all(without(part, article, fields) for part in node.nodes)
        case Or() if speaks(node):
            return any(without(part, article, fields) for part in node.nodes)
    return False if about_event(node) else slow(node, article, fields=fields)


def about_event(node: Node) -> bool:
    return isinstance(node, Condition | Comparison) and node.field in ("event", "status", "confidence", "role.supplier")


def names_event(node: Node) -> bool:
    """An `event:` that is not negated, nor in brackets of its own."""
    if isinstance(node, And | Or):
        return not closed(node) and any(names_event(part) for part in node.nodes)
    return isinstance(node, Condition) and node.field == "event"


def speaks(node: Node) -> bool:
    """A condition on the event at hand is in it."""
    if isinstance(node, And | Or):
        return not closed(node) and any(speaks(part) for part in node.nodes)
    if isinstance(node, Not):
        return not names_event(node.node) and speaks(node.node)
    return about_event(node)


def asks(node: Node) -> bool:
    """The same, and it is not negated."""
    if isinstance(node, And | Or):
        return not closed(node) and any(asks(part) for part in node.nodes)
    return about_event(node)


def closed(node: Node) -> bool:
    return isinstance(node, And) and node.bracketed and any(names_event(part) for part in node.nodes)


def flat(node: And) -> list[Node]:
    return list(
        itertools.chain.from_iterable(
            flat(part) if isinstance(part, And) and not closed(part) else [part] for part in node.nodes
        )
    )


def meets(node: Condition | Comparison, event: Event) -> bool:
    if isinstance(node, Comparison):
        return event.confidence > float(node.value.text)
    wanted = {value.text for value in node.values}
    match node.field.removeprefix("role."):
        case "event":
            return event.type in wanted
        case "status":
            return event.status in wanted
    return any(filler.entity in wanted for filler in event.roles.get("supplier", ()))


def in_group(node: Node, event: Event) -> bool:
    match node:
        case Not():
            return not in_group(node.node, event)
        case And():
            return all(in_group(part, event) for part in node.nodes)
        case Or():
            return any(in_group(part, event) for part in node.nodes)
        case Condition() | Comparison():
            return meets(node, event)
    raise AssertionError(node)


def spans(node: Node, article: Annotated, field: str) -> list[tuple[int, int]]:
    """Where words stand, as numbers of the first and the last word."""
    words = re.findall(r"\w+", article.title if field == "title" else article.text)
    match node:
        case Word(text=text, prefix=True):
            return [(i, i) for i, word in enumerate(words) if word.startswith(text)]
        case Word(text=text) | Phrase(text=text):
            wanted = text.split()
            found = [i for i in range(len(words)) if words[i : i + len(wanted)] == wanted]
            return [(i, i + len(wanted) - 1) for i in found]
        case Near():
            left, right = spans(node.left, article, field), spans(node.right, article, field)
            pairs = itertools.product(left, right)
            joined = {
                (min(a, c), max(b, d))
                for (a, b), (c, d) in pairs
                if (0 <= c - b - 1 <= node.distance and c > b) or (0 <= a - d - 1 <= node.distance and a > d)
            }
            return sorted(joined)
        case Or():
            return sorted({span for part in node.nodes for span in spans(part, article, field)})
    raise AssertionError(node)


words = st.sampled_from(WORDS)
terms = st.one_of(
    words,
    words.map(lambda word: word[:2] + "*"),
    st.tuples(words, words).map(lambda pair: f'"{pair[0]} {pair[1]}"'),
    st.tuples(words, st.integers(1, 3), words).map(lambda near: f"{near[0]} NEAR/{near[1]} {near[2]}"),
    words.map("title:{}".format),
    words.map("text:{}".format),
)
listed = lambda values: st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(",".join)  # noqa: E731
of_event = st.one_of(
    listed(STATUSES).map("status:{}".format),
    listed(IDS).map("role.supplier:{}".format),
    st.sampled_from(["confidence>0.3", "confidence>0.6"]),
)
events = listed(TYPES).map("event:{}".format)
inside = st.recursive(
    of_event,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ", " OR "]), inner).map(lambda p: f"({''.join(p)})"),
        inner.map("NOT {}".format),
    ),
    max_leaves=4,
)
groups = st.tuples(st.sampled_from(TYPES), inside).map(lambda group: f"event:{group[0]}({group[1]})")
leaves = st.one_of(
    terms, of_event, events, groups, listed(IDS).map("entity:{}".format), st.sampled_from(TAGS).map("tag:{}".format)
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ", " AND ", " OR ", " OR "]), inner).map("".join),
        inner.map("NOT {}".format),
        inner.map("({})".format),
        inner.map("-({})".format),
    ),
    max_leaves=8,
)
texts = st.lists(words, max_size=7).map(" ".join)
SPAN = Span(field="title", start=0, end=0, text="")
found_events = st.builds(
    lambda kind, status, ids, confidence: Event(
        type=kind,
        status=status,
        roles={"supplier": tuple(Filler(entity=one) for one in ids)},
        trigger=SPAN,
        evidence=SPAN,
        confidence=confidence,
    ),
    st.sampled_from(TYPES),
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(IDS), max_size=2),
    st.sampled_from([0.2, 0.5, 0.8]),
)
mentions = st.sampled_from(IDS).map(
    lambda one: Mention(field="title", start=0, end=0, text="", kind="person", entity=one)
)
articles = st.builds(
    lambda title, text, found, named, tags: an_annotated(
        title, text, language=None, events=tuple(found), mentions=tuple(named), tags=tuple(tags)
    ),
    texts,
    texts,
    st.lists(found_events, max_size=3),
    st.lists(mentions, max_size=2),
    st.lists(st.sampled_from(TAGS), max_size=1),
)


def compiled(text: str) -> Query | None:
    """The query; None for one that is refused (nothing but NOT, or unclear which event is meant)."""
    try:
        return compile_query(text, VOCABULARY)
    except QueryRefusedError as refused:
        for error in refused.errors:
            assert "only excludes" in error.message or "not clear" in error.message
        return None


@settings(max_examples=600, deadline=None)
@given(queries, st.lists(articles, min_size=1, max_size=4))
def test_quick_and_slow_agree(text: str, found: list[Annotated]) -> None:
    query = compiled(text)
    if query is None:
        return
    tree = parse(text)
    for article in found:
        prepared = Prepared(article)
        hit = query.find(prepared)
        assert (hit is not None) == slow(tree, article), text
        if hit is not None:
            assert Indexes((query,)).candidates(prepared) == [0], text
            check(hit, article)


def check(hit: Hit, article: Annotated) -> None:
    for one in hit.matched:
        whole = article.title if one.field == "title" else article.text
        assert whole[one.start : one.end] == one.text
    assert all(event in article.events for event in hit.events)


@settings(max_examples=100, deadline=None)
@given(st.lists(queries, max_size=12), articles)
def test_the_index_leaves_out_no_query_that_is_met(all_texts: list[str], article: Annotated) -> None:
    found = [query for text in all_texts if (query := compiled(text)) is not None]
    prepared = Prepared(article)
    candidates = Indexes(tuple(found)).candidates(prepared)
    assert candidates == sorted(set(candidates))
    met = [number for number, query in enumerate(found) if query.holds(prepared)]
    assert set(met) <= set(candidates)
