"""The event types that detection finds, one YAML file each: what to call it, its heads, roles, filters and examples."""

from functools import cache
from pathlib import Path

from streams.errors import DefinitionError, Problem
from streams.event_types.definition import EventType
from streams.event_types.loading import read_event_type
from streams.languages import LANGUAGES


@cache
def _shipped() -> tuple[EventType, ...]:
    return tuple(read_event_type(file) for file in sorted(Path(__file__).parent.glob("*.yaml")))


def load_event_types(definitions: Path | None = None) -> tuple[EventType, ...]:
    """Our event types and those of the operator's folder (`event_types/NAME.yaml`), which take the place of ours by
    name.

    Raises DefinitionError with the problems of all files at once.
    """
    types = {event_type.name: event_type for event_type in _shipped()}
    problems: list[Problem] = []
    folder = definitions / "event_types" if definitions else None
    languages = {*LANGUAGES, *_codes(definitions)}
    for file in sorted(folder.glob("*.yaml")) if folder and folder.is_dir() else ():
        try:
            own = read_event_type(file, languages)
        except DefinitionError as error:
            problems.extend(error.problems)
        else:
            types[own.name] = own
    if problems:
        raise DefinitionError(problems)
    return tuple(types.values())


def _codes(definitions: Path | None) -> list[str]:
    """Codes of the languages that an operator's folder adds."""
    folder = definitions / "languages" if definitions else None
    return [file.stem for file in folder.glob("*.yaml")] if folder and folder.is_dir() else []
