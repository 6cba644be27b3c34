"""Reads an event type from its YAML file; says everything that is wrong with it at once, with file and line."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from streams.event_types.definition import (
    ENGINES,
    FRAMES,
    STRENGTHS,
    TENSES,
    WINDOWS,
    EventType,
    Example,
    Filter,
    Role,
    Trigger,
)
from streams.languages.language import LINKS
from streams.languages.nodes import Reader, compose
from streams.messages import Status

FILLS = ("leader", "minister", "person", "country", "place", "organization", "weapon", "group")
STATUSES: tuple[Status, ...] = ("occurred", "planned", "possible", "denied", "background")
_PARTS = ("type", "label", "engine", "roles", "triggers", "filters", "examples")


def read_event_type(file: Path) -> EventType:
    """The event type that a file describes; raises DefinitionError with all of its problems."""
    reader = Reader(file)
    parts: dict[str, yaml.Node] = {}
    for key, name, value in reader.pairs(compose(file)):
        if name not in _PARTS:
            reader.complain(key, f"{name!r} is no part of an event type; known are {', '.join(_PARTS)}")
        parts[name] = value
    for name in ("type", "roles", "triggers", "examples"):
        if name not in parts:
            reader.complain(None, f"{name} is missing")
    name = reader.word(parts["type"]) if "type" in parts else ""
    engine = reader.choice(parts["engine"], ENGINES) if "engine" in parts else "action"
    event_type = EventType(
        name=name,
        label=reader.word(parts["label"]) if "label" in parts else name.replace("_", " "),
        engine=engine,
        roles=_roles(reader, parts.get("roles")),
        triggers=_triggers(reader, name, engine, parts.get("triggers")),
        filters=_filters(reader, parts.get("filters")),
        examples=_examples(reader, parts.get("examples")),
    )
    reader.finish()
    return event_type


def _roles(reader: Reader, node: yaml.Node | None) -> tuple[Role, ...]:
    roles: list[Role] = []
    for _, name, value in reader.pairs(node) if node else ():
        fill: tuple[str, ...] = ()
        links: tuple[str, ...] = ()
        least = 0
        for key, part, inner in reader.pairs(value):
            if part == "fill":
                fill = tuple(reader.choice(item, FILLS) for item in reader.items(inner))
            elif part == "links":
                links = tuple(reader.choice(item, LINKS) for item in reader.items(inner))
            elif part == "least":
                word = reader.word(inner)
                least = int(word) if word.isdigit() else 0
                if not word.isdigit():
                    reader.complain(inner, f"{word!r} is no number")
            else:
                reader.complain(key, f"{part!r} is no part of a role; known are fill, links, least")
        if not fill:
            reader.complain(value, f"role {name!r} says not what may fill it (fill: …)")
        roles.append(Role(name, fill, least, links))
    return tuple(roles)


def _triggers(reader: Reader, name: str, engine: str, node: yaml.Node | None) -> Mapping[str, tuple[Trigger, ...]]:
    triggers: dict[str, tuple[Trigger, ...]] = {}
    for _, language, patterns in reader.pairs(node) if node else ():
        found = [
            _trigger(reader, f"{name}.{language}.{pattern}", name, engine, value)
            for _, pattern, value in reader.pairs(patterns)
        ]
        triggers[language] = tuple(found)
    return triggers


def _trigger(reader: Reader, pattern: str, name: str, engine: str, node: yaml.Node) -> Trigger:
    forms: dict[str, tuple[str, ...]] = {}
    frame, strength = FRAMES.get(engine, ("do",))[0], "strong"
    needs: tuple[str, ...] = ()
    status: Status | None = None
    weapon: str | None = None
    for key, part, value in reader.pairs(node):
        if part == "frame":
            frame = reader.choice(value, FRAMES.get(engine, ()))
        elif part == "strength":
            strength = reader.choice(value, STRENGTHS)
        elif part == "status":
            word = reader.choice(value, STATUSES)
            status = next((known for known in STATUSES if known == word), None)
        elif part == "weapon":
            weapon = reader.word(value)
        elif part == "needs":
            needs = reader.words(value)
        elif part in TENSES:
            forms[part] = reader.words(value)
        else:
            reader.complain(
                key, f"{part!r} is no part of a trigger; known are frame, strength, status, needs, {', '.join(TENSES)}"
            )
    if not forms:
        reader.complain(node, f"trigger {pattern!r} has no forms")
    return Trigger(pattern, name, frame, strength, forms, needs, status, weapon)


def _filters(reader: Reader, node: yaml.Node | None) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    for _, name, value in reader.pairs(node) if node else ():
        window, strength = "sentence", "veto"
        forms: dict[str, tuple[str, ...]] = {}
        for _, part, inner in reader.pairs(value):
            if part == "window":
                window = reader.choice(inner, WINDOWS)
            elif part == "strength":
                strength = reader.choice(inner, ("veto", "penalty"))
            else:
                forms[part] = reader.words(inner)
        filters.append(Filter(name, window, strength, forms))
    return tuple(filters)


def _examples(reader: Reader, node: yaml.Node | None) -> tuple[Example, ...]:
    examples: list[Example] = []
    for _, kind, languages in reader.pairs(node) if node else ():
        if kind not in ("hit", "miss"):
            reader.complain(node, f"{kind!r} is neither hit nor miss")
            continue
        for _, language, sentences in reader.pairs(languages):
            for sentence in reader.items(sentences):
                if isinstance(sentence, yaml.MappingNode):
                    examples.extend(
                        Example(language, text, kind == "hit", reader.choice(status, STATUSES))
                        for status, text in ((value, key) for _, key, value in reader.pairs(sentence))
                    )
                else:
                    examples.append(Example(language, reader.word(sentence), kind == "hit"))
    if node is not None and not any(example.hit for example in examples):
        reader.complain(node, "at least one hit is wanted: the examples are the type's tests")
    return tuple(examples)
