"""The body of a webhook: the alert in the envelope of Standard Webhooks, below 20 KB."""

from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import structs

from alerts.quotes import ELLIPSIS
from alerts.sentences import lead
from streams.messages import Alert, ArticleReference, Event, Matched, Message, Span, encode

MAX_BYTES = 20_000
"""The standard asks for less than 20 KB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to cut: code points of a text and of a URL, members of a list."""

    text: int
    url: int
    items: int


STEPS = (Limits(2000, 2000, 50), Limits(600, 2000, 25), Limits(250, 1000, 12), Limits(100, 500, 5), Limits(40, 300, 1))


class Envelope(Message, frozen=True):
    """What happened, when, and the alert."""

    type: str
    timestamp: datetime
    data: Alert


class ShortenedAlert(Alert, frozen=True):
    """An alert whose texts or lists were cut; each span still is the text at its offsets."""

    truncated: bool = True


def payload(alert: Alert, created: datetime) -> bytes:
    """The alert as a webhook body, cut as little as it takes to stay below MAX_BYTES; the same for the same alert."""
    body = _enveloped(alert, created)
    for limits in STEPS:
        if len(body) < MAX_BYTES:
            break
        body = _enveloped(_shortened(alert, limits), created)
    return body


def _enveloped(data: Alert, created: datetime) -> bytes:
    return encode(Envelope(type="alert.fired", timestamp=created.astimezone(UTC), data=data))


def _shortened(alert: Alert, limits: Limits) -> ShortenedAlert:
    """Cut all that can be long; the lead event stays, however far behind it stood."""
    event = lead(alert)
    events = ([event] if event else []) + [e for e in alert.events if e is not event]
    return ShortenedAlert(
        id=alert.id,
        rule=structs.replace(alert.rule, name=_cut(alert.rule.name, 200)),
        article=_shortened_article(alert.article, limits),
        events=tuple(_shortened_event(e, limits) for e in events[: limits.items]),
        matched=tuple(_shortened_matched(m, limits) for m in alert.matched[: limits.items]),
        latency=alert.latency,
    )


def _shortened_article(article: ArticleReference, limits: Limits) -> ArticleReference:
    title = article.source.title
    source = structs.replace(
        article.source, feed=_cut(article.source.feed, limits.url), title=title and _cut(title, limits.text)
    )
    url = article.url if len(article.url or "") <= limits.url else None
    title_limit = max(limits.text, 200)
    return structs.replace(
        article,
        url=url,
        title=_cut(article.title, title_limit),
        language=article.language and _cut(article.language, 20),
        source=source,
    )


def _shortened_event(event: Event, limits: Limits) -> Event:
    roles = {
        _cut(role, 60): tuple(structs.replace(f, name=_cut(f.name, limits.text)) for f in fillers[: limits.items])
        for role, fillers in list(event.roles.items())[: limits.items]
    }
    near = event.trigger.start if event.trigger.field == event.evidence.field else event.evidence.start
    evidence = _cut_span(event.evidence, limits.text, near)
    trigger = _cut_span(event.trigger, limits.text, event.trigger.start)
    return structs.replace(event, roles=roles, trigger=trigger, evidence=evidence)


def _shortened_matched(matched: Matched, limits: Limits) -> Matched:
    end = min(matched.end, matched.start + limits.text)
    text, clause = matched.text[: limits.text], _cut(matched.clause, limits.text)
    return structs.replace(matched, end=end, text=text, clause=clause)


def _cut_span(span: Span, limit: int, near: int) -> Span:
    """The part of a span round the offset `near`, with the offsets that it then has."""
    if len(span.text) <= limit:
        return span
    first = min(max(0, near - span.start - limit // 2), len(span.text) - limit)
    start = span.start + first
    return structs.replace(span, start=start, end=start + limit, text=span.text[first : first + limit])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS
