"""Alert → message: subject, text and HTML for people, JSON for programs."""

import functools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote as url_quote

import css_inline
import jinja2

from alerts import payload, sentences
from alerts.quotes import Direction, Mark, Marked, Piece, direction, mark_up, plain, web_url
from streams.messages import Alert, Event, Matched, Span, Status, utc

SHOWN_QUOTES = 5
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Quote:
    """The source's words for one event: its sentence in ours, certainty, and the evidence cut into pieces."""

    sentence: str
    status: Status
    type_label: str
    line: sentences.Line
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An alert as people are shown it, in mails and on pages. Its texts can be shown; `url` is http(s) or None.

    `reasons` are the clauses of the rule, each with the words that satisfied it.
    """

    alert: Alert
    sentence: str
    status: Status | None
    type_label: str
    quotes: tuple[Quote, ...]
    headline: tuple[Piece, ...]
    language: str
    direction: Direction
    url: str | None
    source: str
    rule: str
    reasons: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Message:
    """What a channel sends. The same alert gives the same message for ever; each form is made when it is asked for.

    `created` is when the delivery was written, `base_url` where the page is ("" where readers cannot reach it).
    """

    alert: Alert
    created: datetime
    base_url: str = ""

    @functools.cached_property
    def payload(self) -> bytes:
        """The webhook body, below 20 KB."""
        return payload.payload(self.alert, self.created)

    @functools.cached_property
    def subject(self) -> str:
        """One line that tells the event."""
        return subject(self.alert)

    @functools.cached_property
    def link(self) -> str | None:
        """The alert's permanent address."""
        return (
            f"{self.base_url.rstrip('/')}/alerts/{url_quote(self.alert.id, safe='')}"
            if web_url(self.base_url)
            else None
        )

    @functools.cached_property
    def text(self) -> str:
        """The mail as plain text."""
        return self._fill("mail.txt")

    @functools.cached_property
    def html(self) -> str:
        """The mail as HTML: styles inlined, nothing fetched from anywhere."""
        return _inliner().inline(self._fill("mail.html"))

    def _fill(self, template: str) -> str:
        return _environment().get_template(template).render(view=view(self.alert), message=self)


def sentence(event: Event) -> str:
    """The made sentence of one event, as one line that can be shown."""
    return plain(sentences.sentence(event), 300)


def subject(alert: Alert) -> str:
    """“[high] Planned: Kim Jong-un and Vladimir Putin to meet”; for rules of words, the rule and the headline."""
    event = sentences.lead(alert)
    told = (
        f"{event.status.capitalize()}: {sentences.headline(event)}"
        if event is not None
        else f"{plain(alert.rule.name, 60)}: {plain(alert.article.title, 150)}"
    )
    return plain(f"[{alert.rule.severity}] {told}", 150)


def view(alert: Alert, quote_limit: int = 600) -> View:
    """Everything that mails and pages show of an alert."""
    event = sentences.lead(alert)
    events = ([event] if event else []) + [e for e in alert.events if e is not event]
    article = alert.article
    title = Span(field="title", start=0, end=len(article.title), text=article.title)
    return View(
        alert=alert,
        sentence=sentence(event) if event else plain(article.title, 300) or "Words of the rule",
        status=event.status if event else None,
        type_label=plain(sentences.label(event.type), 40) if event else "Words",
        quotes=_distinct(_quote(e, alert.matched, quote_limit) for e in events[: 4 * SHOWN_QUOTES])[:SHOWN_QUOTES],
        headline=mark_up(title, _marks("title", alert.matched, events), 300),
        language=_language(article.language),
        direction=direction(article.language),
        url=web_url(article.url),
        source=plain(article.source.title or article.source.feed, 80),
        rule=plain(alert.rule.name, 120),
        reasons=_reasons(alert.matched),
    )


def moment(time: datetime | None) -> str:
    """“5 Sep 2023, 10:12 UTC”, or “unknown”."""
    if time is None:
        return "unknown"
    at = utc(time)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _quote(event: Event, matched: Sequence[Matched], limit: int) -> Quote:
    evidence = event.evidence
    return Quote(
        sentence=sentence(event),
        status=event.status,
        type_label=plain(sentences.label(event.type), 40),
        line=sentences.line(event),
        pieces=mark_up(evidence, _marks(evidence.field, matched, (event,)), limit),
    )


def _marks(field: str, matched: Iterable[Matched], events: Iterable[Event]) -> list[Marked]:
    spans: list[tuple[Span, Mark]] = [(event.trigger, "trigger") for event in events]
    spans += [(one, "matched") for one in matched]
    return [Marked(span.start, span.end, mark) for span, mark in spans if span.field == field]


def _distinct(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    return tuple({(quote.sentence, quote.status, quote.pieces): quote for quote in quotes}.values())


def _language(language: str | None) -> str:
    """A language tag as far as it can be one: it ends up in `lang` attributes."""
    tag = (language or "").lower()
    return tag if tag.isascii() and tag.replace("-", "").isalnum() and len(tag) <= 12 else ""


def _reasons(matched: Iterable[Matched]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    words: dict[str, dict[str, None]] = {}
    for one in matched:
        words.setdefault(plain(one.clause, 120), {})[plain(one.text, 60)] = None
    return tuple((clause, tuple(found)[:6]) for clause, found in list(words.items())[:20])


def _line(text: str) -> str:
    """A piece of a quote within a line of plain text: its blanks stay, its line ends do not."""
    return "".join(" " if c in "\n\t" or unicodedata.category(c) in ("Zl", "Zp") else c for c in text)


@functools.cache
def _environment() -> jinja2.Environment:
    """The templates of mails, compiled once a process."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment
    environment.filters["line"] = _line
    return environment


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
