"""Detector: an article in, the same with its names and events out. It knows no broker, no network and no clock."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from streams.definitions import load_definitions
from streams.detection.candidate import Candidate
from streams.detection.confidence import Weights, load_weights
from streams.detection.events import WINDOW, Passage, Reader
from streams.detection.evidence import compile_evidence
from streams.detection.explanation import Explanation, explain_all
from streams.detection.filters import compile_filters, compile_needs
from streams.detection.grammar import compile_grammar
from streams.detection.inside import state_parts, weapon_parts
from streams.detection.language import Identifier
from streams.detection.lexicon import Lexicon, build_lexicon
from streams.detection.mentions import mentions
from streams.detection.normalise import Folded, Folder
from streams.detection.outcome import event_of, weigh
from streams.detection.recall import Recall
from streams.detection.scan import Hit, choose, scan
from streams.detection.text import Parsed, Tokenizer, TrainedPipeline
from streams.detection.trained import further_mentions
from streams.detection.world import World
from streams.errors import UsageError
from streams.event_types.definition import EventType
from streams.knowledge import Knowledge
from streams.messages import Annotated, Article, Event, Field, Mention, content_id

_UNPARSED = Parsed()

MENTION_LIMIT = 100_000
"""Names are looked for in this many characters of a field; what lies behind is not even folded."""


class Detector:
    """Finds names and events in articles of the given languages.

    `definitions` is the operator's folder with own event types, names and languages. `today` stands in for the date
    of an
    article without one when offices are told; without it the latest known office counts. `pipelines` names a trained
    spaCy pipeline by language, where the operator has one.
    """

    def __init__(
        self,
        *,
        languages: Sequence[str],
        definitions: Path | None = None,
        today: date | None = None,
        knowledge: Knowledge | None = None,
        pipelines: Mapping[str, str] | None = None,
        weights: Weights | None = None,
    ) -> None:
        self._today = today
        self._weights = weights if weights is not None else load_weights()
        self._folders: dict[str, Folder] = {}
        self._identifier = Identifier(languages)
        self._pipelines = _trained(pipelines or {}, languages)
        told = load_definitions(languages, definitions, knowledge)
        known = told.knowledge
        world = World(known)
        self._world = world
        self._types = {event_type.name: event_type for event_type in told.event_types}
        self._lexicons: dict[str, Lexicon] = {}
        self._readers: dict[str, Reader] = {}
        for code, language in told.languages.items():
            folder = Folder.new(language.kept_letters, language.dropped_letters)
            lexicon = build_lexicon(language, known, self._types.values(), folder)
            self._folders[code], self._lexicons[code] = folder, lexicon
            self._readers[code] = Reader(
                grammar=compile_grammar(language, folder.form),
                tokenizer=Tokenizer(language),
                types=self._types,
                filters={t.name: compile_filters(t, language, folder.form) for t in self._types.values()},
                weapon_parts=weapon_parts(lexicon),
                state_parts=state_parts(lexicon),
                evidence={t.name: compile_evidence(t, language, folder.form) for t in self._types.values()},
                needs=compile_needs(self._types.values(), language, folder.form),
                world=world,
            )

    @property
    def types(self) -> tuple[EventType, ...]:
        """The event types that are looked for."""
        return tuple(self._types.values())

    def detect(self, article: Article, *, today: date | None = None) -> Annotated:
        """The article with its language, names and events. Never raises on any text; every span cuts exactly its
        text.
        """
        language = self.identify(article)
        if language is None:
            return _annotated(article, article.language, (), ())
        names, texts, found = self._search(article, language, today or self._today)
        outcomes = weigh(found, self._weights)
        events = tuple(event_of(texts, outcome) for outcome in outcomes if outcome.reported)
        return _annotated(article, language, names, events)

    def explain(self, article: Article, *, today: date | None = None) -> list[Explanation]:
        """Every candidate of an article: the events with what made them, then the refused ones with the reason."""
        language = self.identify(article)
        if language is None:
            return []
        _, texts, found = self._search(article, language, today or self._today, thorough=True)
        return explain_all(texts, weigh(found, self._weights), found, self._weights)

    def identify(self, article: Article) -> str | None:
        """The language that an article is read in, None where it is none of the detector's."""
        return self._identifier.identify(article.title, article.text, article.language)

    def _search(
        self, article: Article, language: str, today: date | None, *, thorough: bool = False
    ) -> tuple[tuple[Mention, ...], dict[Field, Folded], list[Candidate]]:
        lexicon, reader = self._lexicons[language], self._readers[language]
        moment = article.published or article.fetched
        day = moment.date() if moment is not None else None
        names: list[Mention] = []
        folded_fields: dict[Field, Folded] = {}
        scanned: list[tuple[Field, list[list[Hit]], Parsed]] = []
        fields: tuple[tuple[Field, str], ...] = (("title", article.title), ("text", article.text))
        for field, text in fields:
            if not text:
                continue
            folded = self._folders[language].fold(text[:MENTION_LIMIT])
            groups = choose(scan(folded, lexicon, MENTION_LIMIT))
            known = mentions(folded, field, groups, self._world, day or today or _latest(self._world))
            parsed = self._parsed(language, text)
            names.extend(further_mentions(text, field, known, parsed) if parsed.names else known)
            folded_fields[field] = folded
            scanned.append((field, [group for group in groups if group[0].end <= WINDOW], parsed))
        found: list[Candidate] = []
        if any(hit.entry.kind == "trigger" for _, groups, _ in scanned for group in groups for hit in group):
            recall = Recall()
            for field, groups, parsed in scanned:
                passage = Passage(folded_fields[field], field, groups, day or today, parsed, thorough)
                found.extend(reader.candidates(passage, recall))
        return tuple(names), folded_fields, found

    def _parsed(self, language: str, text: str) -> Parsed:
        """What the operator's trained pipeline of a language, if there is one, says of the part read for events."""
        pipeline = self._pipelines.get(language)
        return pipeline.parse(text[:WINDOW]) if pipeline is not None and text else _UNPARSED


def _trained(pipelines: Mapping[str, str], languages: Sequence[str]) -> dict[str, TrainedPipeline]:
    if unread := sorted(set(pipelines) - set(languages)):
        raise UsageError(f"detect.pipelines: {unread[0]!r} is none of detect.languages ({', '.join(languages)})")
    return {code: TrainedPipeline(code, name) for code, name in pipelines.items()}


def _latest(world: World) -> date:
    """Without any date, offices are told as of the newest start in the tables: detection has no clock."""
    return world.newest


def _annotated(
    article: Article, language: str | None, names: tuple[Mention, ...], events: tuple[Event, ...]
) -> Annotated:
    fields = {name: getattr(article, name) for name in Article.__struct_fields__}
    fields["language"] = language
    fields["id"] = article.id or content_id("ar", article.url or "", article.title, article.text)
    return Annotated(**fields, mentions=names, events=events)
