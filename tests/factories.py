"""Values for tests: whole and plausible, with what a test is about given by name."""

from datetime import UTC, datetime
from typing import Any

from streams.messages import (
    Alert,
    Annotated,
    ArticleReference,
    Event,
    Field,
    Filler,
    Latency,
    Matched,
    Mention,
    RuleReference,
    Severity,
    Source,
    Span,
    Status,
)

SENTENCE = "Kim Jong-un will noch im September Putin in Russland treffen, sagen Beamte."
LEADERS = {
    "participant": (
        Filler(entity="Q56226", name="Kim Jong-un", country="KP"),
        Filler(entity="Q7747", name="Vladimir Putin", country="RU"),
    )
}


def an_event(
    *,
    type: str = "leader_meeting",  # noqa: A002 -- the field's name
    status: Status = "planned",
    roles: dict[str, tuple[Filler, ...]] = LEADERS,
    trigger: Span | None = None,
    evidence: Span | None = None,
) -> Event:
    """Kim and Putin are to meet, says the text."""
    start = SENTENCE.index("treffen")
    return Event(
        type=type,
        status=status,
        roles=roles,
        trigger=trigger or Span(field="text", start=start, end=start + 7, text="treffen"),
        evidence=evidence or Span(field="text", start=0, end=len(SENTENCE), text=SENTENCE),
        confidence=0.93,
    )


def an_alert(
    *,
    id: str = "al_1",  # noqa: A002 -- the field's name
    events: tuple[Event, ...] | None = None,
    matched: tuple[Matched, ...] | None = None,
    title: str = "Kim will Putin in Russland treffen",
    rule_name: str = "Leaders meet",
    severity: Severity = "high",
    language: str | None = "de",
    url: str | None = "https://morgenblatt.example/kim?id=1&ref=rss",
    source_title: str = "Morgenblatt",
) -> Alert:
    """A rule on leaders' meetings met a German article."""
    start = SENTENCE.index("treffen")
    named = Matched(field="text", start=start, end=start + 7, text="treffen", clause="event:leader_meeting")
    return Alert(
        id=id,
        rule=RuleReference(id="rule_1", name=rule_name, severity=severity),
        article=ArticleReference(
            id=f"ar_{id}",
            url=url,
            title=title,
            published=datetime(2023, 9, 5, 10, 12, tzinfo=UTC),
            language=language,
            source=Source(feed="https://morgenblatt.example/politik.rss", title=source_title),
        ),
        events=(an_event(),) if events is None else events,
        matched=(named,) if matched is None else matched,
        latency=Latency(published_to_fetched=1.2, fetched_to_alert=0.4),
    )


def an_annotated(
    title: str = "",
    text: str = "",
    *,
    language: str | None = "en",
    mentions: tuple[Mention, ...] = (),
    events: tuple[Event, ...] = (),
    **more: Any,
) -> Annotated:
    """An article with names and events; `more` are other fields of an article."""
    given = {"id": "ar_1", **more}
    return Annotated(title=title, text=text, language=language, mentions=mentions, events=events, **given)


def cut(field: Field, whole: str, words: str) -> Span:
    """Where words stand in a field."""
    start = whole.index(words)
    return Span(field=field, start=start, end=start + len(words), text=words)


def a_mention(
    field: Field,
    whole: str,
    words: str,
    *,
    kind: str = "country",
    entity: str | None = None,
    country: str | None = None,
) -> Mention:
    """A name in a field, found by its words."""
    span = cut(field, whole, words)
    named = {"field": span.field, "start": span.start, "end": span.end, "text": words}
    return Mention(**named, kind=kind, entity=entity, name=words, country=country)  # type: ignore[arg-type]
