"""The languages that detection reads, one file of data each."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path

from streams.errors import UsageError
from streams.languages.language import CLAUSE_KINDS, CUE_KINDS, MARKER_KINDS, Language
from streams.languages.loading import read_language

LANGUAGES = ("ar", "de", "en", "es", "fr", "ko", "ru", "uk", "zh")
"""Languages that ship with tocsin: a file `CODE.yaml` beside this module for each."""


@cache
def _shipped(code: str) -> Language:
    return read_language(Path(__file__).with_name(f"{code}.yaml"))


def load_languages(codes: Sequence[str], definitions: Path | None = None) -> dict[str, Language]:
    """The named languages by code; a file `languages/CODE.yaml` in the operator's folder takes the place of ours or
    adds one.

    Raises DefinitionError for a file with mistakes and UsageError for a language that nobody defines.
    """
    loaded: dict[str, Language] = {}
    for code in codes:
        own = definitions / "languages" / f"{code}.yaml" if definitions else None
        if own is not None and own.is_file():
            loaded[code] = read_language(own)
        elif code in LANGUAGES:
            loaded[code] = _shipped(code)
        else:
            raise UsageError(f"detect.languages: {code!r} is unknown; known are {', '.join(LANGUAGES)}")
    return loaded


def missing_parts(language: Language) -> list[str]:
    """What a language does not hold yet, as `part` or `part.kind`: a table for people, not an error."""
    optional = {
        "dropped_letters",
        "dative_articles",
        "genitive_articles",
        "postpositions",
        "prefixes",
        "possessive",
        "paradigms",
        "articles",
        "discourse",
    }
    empty = [
        field.name
        for field in fields(language)
        if field.name not in optional and not isinstance(value := getattr(language, field.name), bool) and not value
    ]
    for part, kinds in (("cues", CUE_KINDS), ("markers", MARKER_KINDS), ("clauses", CLAUSE_KINDS)):
        empty.extend(f"{part}.{kind}" for kind in kinds if not getattr(language, part).get(kind))
    return empty
