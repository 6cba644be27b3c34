"""What detection is told: names, event types and languages, ours with an operator's folder laid over them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from streams.errors import DefinitionError, Problem
from streams.event_types import load_event_types
from streams.event_types.definition import EventType
from streams.knowledge import Knowledge, load
from streams.languages import load_languages
from streams.languages.language import Language

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, inode and size of each file of a folder: differs when a file does."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Definitions:
    """All that a detector is made of."""

    knowledge: Knowledge
    event_types: tuple[EventType, ...]
    languages: Mapping[str, Language]


def load_definitions(
    languages: Sequence[str], folder: Path | None = None, knowledge: Knowledge | None = None
) -> Definitions:
    """Read everything. Raises DefinitionError with all mistakes of all files, UsageError for an unknown language.

    The folder holds `knowledge/people.tsv` and the other tables, `event_types/NAME.yaml`, `languages/CODE.yaml`.
    """
    problems: list[Problem] = []
    known = knowledge if knowledge is not None else _read(lambda: load(folder), problems)
    types = _read(lambda: load_event_types(folder), problems)
    read = _read(lambda: load_languages(languages, folder), problems)
    if known is None or types is None or read is None:
        raise DefinitionError(problems)
    return Definitions(known, types, read)


def stamp(folder: Path) -> Stamp:
    """The state of a folder's files; empty where there is no folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            state = path.stat()
        except OSError:
            continue  # gone since it was listed: the next look sees it
        if path.is_file():
            found.append((str(path), state.st_mtime_ns, state.st_ino, state.st_size))
    return tuple(found)


def _read(reading: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return reading()
    except DefinitionError as error:
        problems.extend(error.problems)
        return None
