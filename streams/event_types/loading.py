"""Reads an event type from its YAML file; says everything that is wrong with it at once, with file and line."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import yaml

from streams.event_types.definition import (
    ENGINES,
    FRAMES,
    IGNORABLE,
    PROOFS,
    STRENGTHS,
    TENSES,
    WINDOWS,
    EventType,
    EvidenceGroup,
    Example,
    Filter,
    Role,
    Trigger,
)
from streams.languages import LANGUAGES
from streams.languages.language import LINKS
from streams.languages.nodes import Reader, compose
from streams.messages import Status

FILLS = ("leader", "minister", "person", "country", "place", "organization", "weapon", "group")
STATUSES: tuple[Status, ...] = ("occurred", "planned", "possible", "denied", "background")
_PARTS = (
    "type",
    "label",
    "engine",
    "roles",
    "evidence",
    "occasion",
    "warned",
    "relative",
    "triggers",
    "filters",
    "examples",
)
_OWN_ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"meeting": ("participant",), "transfer": ("supplier", "recipient", "weapon")}
)
"""The roles that an engine of its own fills; a file can name no other ones for it."""


class _Reader(Reader):
    """A reader that knows which languages there are, and which evidence the file offers."""

    def __init__(self, file: Path, languages: Collection[str]) -> None:
        super().__init__(file)
        self.languages = languages
        self.engine = ENGINES[-1]
        self.proofs: tuple[str, ...] = PROOFS

    def language(self, node: yaml.Node, code: str) -> str:
        """A language that there is."""
        if code not in self.languages:
            self.complain(node, f"{code!r} is no language that is known; known are {', '.join(sorted(self.languages))}")
        return code


def read_event_type(file: Path, languages: Collection[str] = LANGUAGES) -> EventType:
    """The event type that a file describes; raises DefinitionError with all of its problems."""
    reader = _Reader(file, languages)
    parts: dict[str, yaml.Node] = {}
    for key, name, value in reader.pairs(compose(file)):
        if name not in _PARTS:
            reader.complain(key, f"{name!r} is no part of an event type; known are {', '.join(_PARTS)}")
        parts[name] = value
    for name in ("type", "roles", "triggers", "examples"):
        if name not in parts:
            reader.complain(None, f"{name} is missing")
    name = reader.word(parts["type"]) if "type" in parts else ""
    engine = reader.engine = reader.choice(parts["engine"], ENGINES) if "engine" in parts else reader.engine
    evidence = _evidence(reader, parts["evidence"]) if "evidence" in parts else ()
    event_type = EventType(
        name=name,
        label=reader.word(parts["label"]) if "label" in parts else name.replace("_", " "),
        engine=engine,
        roles=_roles(reader, parts.get("roles")),
        triggers=_triggers(reader, name, engine, parts.get("triggers")),
        filters=_filters(reader, parts.get("filters")),
        examples=_examples(reader, parts.get("examples")),
        evidence=evidence,
        occasion=_wants(reader, parts["occasion"]) if "occasion" in parts else (),
        warned=_status(reader, parts["warned"]) if "warned" in parts else "possible",
        relative=_status(reader, parts["relative"]) if "relative" in parts else None,
    )
    reader.finish()
    return event_type


def _roles(reader: _Reader, node: yaml.Node | None) -> tuple[Role, ...]:
    roles: list[Role] = []
    own = _OWN_ROLES.get(reader.engine)
    for where, name, value in reader.pairs(node) if node else ():
        if own is not None and name not in own:
            reader.complain(where, f"{name!r} is no role of the engine {reader.engine}; known are {', '.join(own)}")
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


def _evidence(reader: _Reader, node: yaml.Node) -> tuple[EvidenceGroup, ...]:
    groups: list[EvidenceGroup] = []
    for where, name, value in reader.pairs(node):
        if name in PROOFS or "+" in name:
            reader.complain(where, f"{name!r} cannot be the name of an evidence group: it has a meaning already")
        window = "sentence"
        forms: dict[str, tuple[str, ...]] = {}
        for key, part, inner in reader.pairs(value):
            if part == "window":
                window = reader.choice(inner, WINDOWS)
            else:
                forms[reader.language(key, part)] = reader.words(inner)
        groups.append(EvidenceGroup(name, window, forms))
    reader.proofs = (*PROOFS, *(group.name for group in groups))
    return tuple(groups)


def _triggers(reader: _Reader, name: str, engine: str, node: yaml.Node | None) -> Mapping[str, tuple[Trigger, ...]]:
    triggers: dict[str, tuple[Trigger, ...]] = {}
    for key, language, patterns in reader.pairs(node) if node else ():
        reader.language(key, language)
        found = [
            _trigger(reader, f"{name}.{language}.{pattern}", name, engine, value)
            for _, pattern, value in reader.pairs(patterns)
        ]
        triggers[language] = tuple(found)
    return triggers


_TRIGGER_PARTS = ("frame", "strength", "status", "weapon", "needs", "closing", "wants", "ignores", *TENSES)


def _trigger(reader: _Reader, pattern: str, name: str, engine: str, node: yaml.Node) -> Trigger:
    parts: dict[str, yaml.Node] = {}
    for key, part, value in reader.pairs(node):
        if part not in _TRIGGER_PARTS:
            reader.complain(key, f"{part!r} is no part of a trigger; known are {', '.join(_TRIGGER_PARTS)}")
        parts[part] = value
    forms = {tense: _heads(reader, parts[tense]) for tense in TENSES if tense in parts}
    if not forms:
        reader.complain(node, f"trigger {pattern!r} has no forms")
    frames = FRAMES.get(engine, ())
    return Trigger(
        id=pattern,
        type=name,
        frame=reader.choice(parts["frame"], frames) if "frame" in parts else (frames or ("do",))[0],
        strength=reader.choice(parts["strength"], STRENGTHS) if "strength" in parts else "strong",
        forms=forms,
        needs=reader.words(parts["needs"]) if "needs" in parts else (),
        closing=reader.words(parts["closing"]) if "closing" in parts else (),
        status=_status(reader, parts["status"]) if "status" in parts else None,
        weapon=reader.word(parts["weapon"]) if "weapon" in parts else None,
        wants=_wants(reader, parts["wants"]) if "wants" in parts else (),
        ignores=_ignores(reader, parts["ignores"]) if "ignores" in parts else frozenset(),
    )


def _heads(reader: _Reader, node: yaml.Node) -> tuple[str, ...]:
    """The forms of a head: words that stand together, the only thing that is looked for in one pass."""
    for item in reader.items(node):
        if isinstance(item, yaml.ScalarNode) and "…" in item.value:
            reader.complain(item, f"a head has no gap: {item.value!r}; put its second part under needs")
    return reader.words(node)


def _status(reader: _Reader, node: yaml.Node) -> Status:
    word = reader.choice(node, STATUSES)
    return next((known for known in STATUSES if known == word), STATUSES[0])


def _ignores(reader: _Reader, node: yaml.Node) -> frozenset[str]:
    return frozenset(reader.choice(item, IGNORABLE) for item in reader.items(node))


def _wants(reader: _Reader, node: yaml.Node) -> tuple[tuple[str, ...], ...]:
    """Alternatives of names joined by `+`: evidence groups of the file or what every type may ask for."""
    wants: list[tuple[str, ...]] = []
    for item in reader.items(node):
        names = tuple(name.strip() for name in reader.word(item).split("+"))
        for name in names:
            if name and name not in reader.proofs:
                reader.complain(item, f"{name!r} is no evidence that is known; known are {', '.join(reader.proofs)}")
        wants.append(names)
    return tuple(wants)


def _filters(reader: _Reader, node: yaml.Node | None) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    for _, name, value in reader.pairs(node) if node else ():
        window, strength = "sentence", "veto"
        forms: dict[str, tuple[str, ...]] = {}
        for key, part, inner in reader.pairs(value):
            if part == "window":
                window = reader.choice(inner, WINDOWS)
            elif part == "strength":
                strength = reader.choice(inner, ("veto", "penalty"))
            else:
                forms[reader.language(key, part)] = reader.words(inner)
        filters.append(Filter(name, window, strength, forms))
    return tuple(filters)


def _examples(reader: _Reader, node: yaml.Node | None) -> tuple[Example, ...]:
    examples: list[Example] = []
    for _, kind, languages in reader.pairs(node) if node else ():
        if kind not in ("hit", "miss"):
            reader.complain(node, f"{kind!r} is neither hit nor miss")
            continue
        for key, language, sentences in reader.pairs(languages):
            reader.language(key, language)
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
