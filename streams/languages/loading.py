"""Reads a language from its YAML file; says everything that is wrong with it at once, with file and line."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from streams.languages.language import (
    CLAUSE_KINDS,
    CUE_KINDS,
    DISCOURSE_KINDS,
    LINKS,
    MARKER_KINDS,
    TITLE_KINDS,
    Language,
    Paradigm,
    Title,
)
from streams.languages.nodes import Reader, compose

_FLAGS = ("capitals", "nouns_capital", "compounds", "adjective_after", "name_before_title")
_WORDS = ("code", "name", "script", "order", "kept_letters", "dropped_letters")
_SETS = (
    "articles", "dative_articles", "genitive_articles", "conjunctions", "pronouns",
    "subjects", "plural_pronouns", "fillers",
    "name_particles",
    "abbreviations",
    "masculine",
)  # fmt: skip
_LISTS = ("months", "weekdays", "possessive", "passive", "infinitive", "forces", "rebels")
_LINKED = ("sides", "compound", "adpositions", "postpositions", "prefixes")
_GROUPED = {"markers": MARKER_KINDS, "cues": CUE_KINDS, "clauses": CLAUSE_KINDS, "discourse": DISCOURSE_KINDS}


def _grouped(reader: Reader, node: yaml.Node, kinds: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for key, kind, value in reader.pairs(node):
        if kind not in kinds:
            reader.complain(key, f"{kind!r} is unknown, one of these is wanted: {', '.join(kinds)}")
        else:
            groups[kind] = reader.words(value)
    return groups


def _linked(reader: Reader, node: yaml.Node) -> Mapping[str, str]:
    """`{link: [words]}` turned into `{word: link}`; the first link of a word counts."""
    links: dict[str, str] = {}
    for link, words in _grouped(reader, node, LINKS).items():
        for word in words:
            links.setdefault(word, link)
    return links


def _titles(reader: Reader, node: yaml.Node) -> tuple[Title, ...]:
    found: list[Title] = []
    for key, kind, value in reader.pairs(node):
        base, office, country, *_ = [*kind.split(), "", ""]
        if base not in TITLE_KINDS:
            reader.complain(key, f"{base!r} is unknown, one of these is wanted: {', '.join(TITLE_KINDS)}")
            continue
        found.extend(Title(form, base, office or None, country or None) for form in reader.words(value))
    return tuple(found)


def _paradigms(reader: Reader, node: yaml.Node) -> Mapping[str, tuple[Paradigm, ...]]:
    found: dict[str, tuple[Paradigm, ...]] = {}
    for _, category, value in reader.pairs(node):
        classes = [Paradigm(_ending(ending), _cases(reader, cases)) for _, ending, cases in reader.pairs(value)]
        found[category] = tuple(sorted(classes, key=lambda paradigm: -len(paradigm.ending)))
    return found


def _cases(reader: Reader, node: yaml.Node) -> Mapping[str, str]:
    return {_ending(ending): reader.word(value) for _, ending, value in reader.pairs(node)}


def _ending(written: str) -> str:
    """`0` stands for no ending."""
    return "" if written == "0" else written


def read_language(file: Path) -> Language:
    """The language that a file describes; raises DefinitionError with all of its problems."""
    root = compose(file)
    reader = Reader(file)
    fields: dict[str, object] = {}
    for key, name, value in reader.pairs(root):
        _read_field(reader, fields, key, name, value)
    for name in ("code", "name", "script"):
        if name not in fields:
            reader.complain(None, f"{name} is missing")
    reader.finish()
    return Language(**fields)  # type: ignore[arg-type]


def _read_field(reader: Reader, fields: dict[str, object], key: yaml.Node, name: str, value: yaml.Node) -> None:
    if name in _WORDS:
        fields[name] = reader.word(value)
    elif name in _FLAGS:
        fields[name] = reader.word(value) == "yes"
    elif name in _SETS:
        fields[name] = frozenset(reader.words(value))
    elif name in _LISTS:
        fields[name] = reader.words(value)
    elif name in _LINKED:
        fields[name] = _linked(reader, value)
    elif name == "combining":
        fields[name] = {form: iso for _, iso, words in reader.pairs(value) for form in reader.words(words)}
    elif name in _GROUPED:
        fields[name] = _grouped(reader, value, _GROUPED[name])
    elif name == "titles":
        fields[name] = _titles(reader, value)
    elif name == "paradigms":
        fields[name] = _paradigms(reader, value)
    else:
        reader.complain(key, f"{name!r} is no part of a language")
