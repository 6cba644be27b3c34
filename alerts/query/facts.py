"""Clauses about what detection found and where an article came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.query.prepared import COUNTRY_KINDS, Prepared, fillers
from streams.messages import Event, Filler, Mention, Span, utc


class Silent:
    """A clause that no words of the article show."""

    __slots__ = ()

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: countries, and ids of people, organizations, weapons and places."""

    countries: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()

    def fits(self, filler: Filler) -> bool:
        """Whether a filler is one of them, or stands for one of the countries."""
        return filler.entity in self.entities or filler.country in self.countries

    def names(self, mention: Mention) -> bool:
        """Whether a mention is one of them, or brings one of the countries."""
        if mention.entity in self.entities:
            return True
        return mention.country in self.countries and mention.kind in COUNTRY_KINDS


@dataclass(frozen=True, slots=True)
class About:
    """`country:` `person:` `org:` `weapon:` `entity:`: mentioned, or in a role of an event."""

    meaning: Meaning

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the article names one."""
        if self.meaning.entities and not self.meaning.entities.isdisjoint(article.entities):
            return True
        return bool(self.meaning.countries) and not self.meaning.countries.isdisjoint(article.countries)

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """Its mentions."""
        return (mention for mention in article.article.mentions if self.meaning.names(mention))


@dataclass(frozen=True, slots=True)
class Language(Silent):
    """`language:`."""

    codes: frozenset[str]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the article is in one of them; `pt` takes `pt-br` too."""
        code = (article.article.language or "").lower()
        return code in self.codes or code.partition("-")[0] in self.codes


@dataclass(frozen=True, slots=True)
class SourceIs(Silent):
    """`source:`: the host of article or feed, a domain above it, or words of the feed's title."""

    hosts: frozenset[str]
    titles: tuple[str, ...]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether it came from one of them."""
        return not self.hosts.isdisjoint(article.hosts) or any(title in article.publication for title in self.titles)


@dataclass(frozen=True, slots=True)
class FeedIs(Silent):
    """`feed:`: the feed's URL, or with `*` at the end how it begins."""

    urls: frozenset[str]
    beginnings: tuple[str, ...]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether it came by one of them."""
        feed = article.article.source.feed
        return feed in self.urls or feed.startswith(self.beginnings)


@dataclass(frozen=True, slots=True)
class Tagged(Silent):
    """`tag:`."""

    tags: frozenset[str]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the article carries one."""
        return not self.tags.isdisjoint(article.tags)


@dataclass(frozen=True, slots=True)
class Range:
    """A comparison with a number."""

    operator: str
    limit: float

    def takes(self, value: float) -> bool:
        """Whether a value lies on the wanted side."""
        match self.operator:
            case ">":
                return value > self.limit
            case ">=":
                return value >= self.limit
            case "<":
                return value < self.limit
            case "<=":
                return value <= self.limit
        return value == self.limit


@dataclass(frozen=True, slots=True)
class Published(Silent):
    """`published>2026-01-01`: days in UTC; an article without a date is on neither side."""

    start: datetime
    end: datetime
    operator: str

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether it was published on the wanted side of the day or moment, which runs from start until before end."""
        if article.article.published is None:
            return False
        moment = utc(article.article.published)
        match self.operator:
            case ">":
                return moment >= self.end
            case ">=":
                return moment >= self.start
            case "<":
                return moment < self.start
            case "<=":
                return moment < self.end
        return self.start <= moment < self.end


class OfEvent:
    """A clause about the event at hand; its words are the event's trigger."""

    __slots__ = ()

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """The words that tell of the event."""
        if event is not None:
            yield event.trigger


@dataclass(frozen=True, slots=True)
class EventIs(OfEvent):
    """`event:`; None takes any type."""

    types: frozenset[str] | None

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the event is of one of the types."""
        return event is not None and (self.types is None or event.type in self.types)


@dataclass(frozen=True, slots=True)
class StatusIs(OfEvent):
    """`status:`."""

    statuses: frozenset[str]

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the event has one of them."""
        return event is not None and event.status in self.statuses


@dataclass(frozen=True, slots=True)
class Confidence(OfEvent):
    """`confidence>0.8`."""

    range: Range

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether the event is so certain."""
        return event is not None and self.range.takes(event.confidence)


@dataclass(frozen=True, slots=True)
class RoleIs:
    """`role.supplier:`, and with an empty role any role of the event."""

    role: str
    meaning: Meaning

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether one of them fills the role."""
        if event is None:
            return False
        listed = event.roles.get(self.role, ()) if self.role else fillers(event)
        return any(self.meaning.fits(filler) for filler in listed)

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """Its mentions within the event's evidence, else the event's trigger."""
        if event is None:
            return
        evidence = event.evidence
        mentions: list[Span] = [
            mention
            for mention in article.article.mentions
            if mention.field == evidence.field
            and evidence.start <= mention.start
            and mention.end <= evidence.end
            and self.meaning.names(mention)
        ]
        yield from mentions or [event.trigger]
