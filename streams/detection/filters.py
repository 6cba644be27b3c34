"""Senses that are no event: sport, business, fiction and the like, by the words around the head."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from streams.detection.candidate import Candidate
from streams.detection.grammar import compile_forms
from streams.event_types.definition import EventType
from streams.languages.language import Language

_PENALTY = 0.25


@dataclass(frozen=True)
class CompiledFilter:
    """A filter of a type in one language, compiled when it is first tried."""

    name: str
    window: str
    veto: bool
    forms: tuple[str, ...]
    language: Language

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The words of the filter."""
        return compile_forms(self.forms, self.language)


def compile_filters(
    event_type: EventType, language: Language, fold: Callable[[str], str]
) -> tuple[CompiledFilter, ...]:
    """The filters that a type has in a language."""
    return tuple(
        CompiledFilter(
            item.name, item.window, item.strength == "veto",
            tuple(fold(form) for form in item.forms[language.code]), language,
        )
        for item in event_type.filters
        if item.forms.get(language.code)
    )  # fmt: skip


def compile_needs(
    types: Iterable[EventType], language: Language, fold: Callable[[str], str]
) -> dict[str, re.Pattern[str]]:
    """What each trigger of a language wants beside it, by the trigger's id."""
    return {
        trigger.id: compile_forms([fold(form) for form in trigger.needs], language)
        for event_type in types
        for trigger in event_type.triggers.get(language.code, ())
        if trigger.needs
    }


def apply_filters(candidate: Candidate, filters: tuple[CompiledFilter, ...], text: str) -> None:
    """Refuse or weaken a candidate by the first filters whose words stand in their window."""
    for item in filters:
        candidate.filters.append(item.name)
        match = _match(candidate, item, text)
        if match is None:
            continue
        if item.veto:
            candidate.refuse(f"filter {item.name}: {match.group()!r}")
            return
        candidate.score -= _PENALTY
        candidate.notes.append(f"weakened by {item.name}: {match.group()!r}")


def _match(candidate: Candidate, item: CompiledFilter, text: str) -> re.Match[str] | None:
    """The first words of a filter in its window."""
    if item.window != "head":
        return item.pattern.search(_window(candidate, item.window, text))
    start, end = (place - candidate.analysis.start for place in (candidate.hit.start, candidate.hit.end))
    found = item.pattern.finditer(candidate.analysis.text)
    return next((match for match in found if match.start() < end and match.end() > start), None)


def _window(candidate: Candidate, window: str, text: str) -> str:
    if window == "text":
        return text
    analysis = candidate.analysis
    if window == "sentence":
        return analysis.text
    units = analysis.clause(candidate.unit.clause)
    return analysis.text[units[0].start - analysis.start : units[-1].end - analysis.start]
