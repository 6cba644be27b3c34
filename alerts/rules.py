"""Rules, and which of them an article meets: `match(annotated, rules) → alerts`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from alerts.channels.channel import Target
from alerts.query import Prepared, Query, Vocabulary, compile_query
from alerts.query.anchors import Indexes
from streams.messages import (
    Alert,
    Annotated,
    ArticleReference,
    Latency,
    RuleReference,
    Severity,
    content_id,
    utc,
)

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
MAIL = "mail:"
"""`notify = ["mail:desk@example.org"]` names an address in place of a channel."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What somebody wants to be told of. `notify` names channels; `origin` is its file, "" for the store."""

    name: str
    query: str
    severity: Severity = "medium"
    notify: tuple[str, ...] = ()
    enabled: bool = True
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    origin: str = ""

    @property
    def id(self) -> str:
        """The same for the same name, wherever the rule is kept: a rule that moves does not alert again."""
        return content_id("rule", self.name)


@dataclass(frozen=True, slots=True)
class ChannelDefinition:
    """A way to send alerts, by the name that rules use. `kind` is one of `alerts.channels.CHANNELS`."""

    name: str
    kind: str
    target: Target
    origin: str = ""


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its query, ready to be asked."""

    rule: Rule
    query: Query


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force: those that are enabled, indexed by what an article needs to meet them."""

    compiled: tuple[CompiledRule, ...] = ()
    indexes: Indexes = field(default_factory=lambda: Indexes(()))

    @classmethod
    def of(cls, compiled: Iterable[CompiledRule]) -> "RuleSet":
        """The set of these rules."""
        kept = tuple(one for one in compiled if one.rule.enabled)
        return cls(kept, Indexes(tuple(one.query for one in kept)))

    def __len__(self) -> int:
        return len(self.compiled)


def compile_rules(rules: Sequence[Rule], vocabulary: Vocabulary) -> RuleSet:
    """Make rules ready. Raises QueryRefusedError for the first whose query is wrong."""
    return RuleSet.of(CompiledRule(rule, compile_query(rule.query, vocabulary)) for rule in rules)


def match(annotated: Annotated, rules: RuleSet, now: datetime | None) -> list[Alert]:
    """The alerts that an article raises, one a rule, in the order of the rules. `now` is when, for the latency."""
    prepared = Prepared(annotated)
    alerts: list[Alert] = []
    for number in rules.indexes.candidates(prepared):
        one = rules.compiled[number]
        hit = one.query.find(prepared)
        if hit is not None:
            alerts.append(
                Alert(
                    id=content_id("al", one.rule.id, article_id(annotated)),
                    rule=RuleReference(id=one.rule.id, name=one.rule.name, severity=one.rule.severity),
                    article=_reference(annotated),
                    events=tuple(hit.events),
                    matched=tuple(hit.matched),
                    latency=_latency(annotated, now),
                )
            )
    return alerts


def article_id(article: Annotated) -> str:
    """The article's id; of one that came through a pipe without, computed from what it says."""
    return article.id or content_id("ar", article.url or "", article.title, article.text)


def _reference(article: Annotated) -> ArticleReference:
    return ArticleReference(
        id=article_id(article),
        url=article.url,
        title=article.title,
        published=article.published,
        language=article.language,
        source=article.source,
    )


def _latency(article: Annotated, now: datetime | None) -> Latency:
    return Latency(
        published_to_fetched=_seconds(article.published, article.fetched),
        fetched_to_alert=_seconds(article.fetched, now),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    seconds = (utc(end) - utc(start)).total_seconds()
    return round(seconds, 3) if seconds >= 0 else None
