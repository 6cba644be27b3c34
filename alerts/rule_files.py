"""Rules files: TOML → rules and channels, and every mistake at once with file, line, column and what was expected."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from alerts.channels import CHANNELS, TargetError, parse_target
from alerts.query import QueryError, QueryRefusedError, Vocabulary, compile_query
from alerts.query.errors import MAX_BYTES
from alerts.query.vocabulary import closest
from alerts.rules import MAIL, SEVERITIES, ChannelDefinition, CompiledRule, Rule
from alerts.toml_places import Place, Places, Table
from streams.errors import DefinitionError, Problem
from streams.messages import Severity

MAX_FILE_BYTES = 4_000_000
MAX_NAME = 200
KEYS: Mapping[str, tuple[type, str]] = {
    "name": (str, 'text, for example name = "Leaders meet"'),
    "query": (str, "text, for example query = 'event:leader_meeting'"),
    "severity": (str, f"one of {', '.join(SEVERITIES)}"),
    "notify": (list, 'a list of channels, for example notify = ["desk"]'),
    "enabled": (bool, "true or false"),
    "description": (str, "text"),
    "owner": (str, "text"),
    "tags": (list, 'a list of texts, for example tags = ["east"]'),
}
_NOWHERE = Place(0, 0)
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a rules file holds. `warnings` are understood, but perhaps not meant so."""

    rules: tuple[CompiledRule, ...] = ()
    channels: tuple[ChannelDefinition, ...] = ()
    warnings: tuple[Problem, ...] = ()


def load_file(path: Path, vocabulary: Vocabulary, known: Iterable[str] = ()) -> RuleFile:
    """Read one rules file; `known` are channels defined elsewhere. Raises DefinitionError with every mistake."""
    return load_files((path,), vocabulary, known)


def load_files(paths: Sequence[Path], vocabulary: Vocabulary, known: Iterable[str] = ()) -> RuleFile:
    """Read several files as one: names are unique over all of them. Raises DefinitionError with every mistake."""
    readings = [_read(path, vocabulary) for path in paths]
    problems = [problem for reading in readings for problem in reading.problems]
    names = {channel.name for reading in readings for channel in reading.channels} | set(known)
    names |= {name for reading in readings for name in reading.broken_channels}
    for reading in readings:
        problems.extend(reading.unknown_channels(names))
    problems.extend(_repeated(readings))
    if problems:
        raise DefinitionError(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column)))
    return RuleFile(
        tuple(rule for reading in readings for rule in reading.rules),
        tuple(channel for reading in readings for channel in reading.channels),
        tuple(warning for reading in readings for warning in reading.warnings),
    )


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: str
    places: Places | None = None
    rules: list[CompiledRule] = field(default_factory=list)
    channels: list[ChannelDefinition] = field(default_factory=list)
    broken_channels: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    names: list[tuple[str, str, Place]] = field(default_factory=list)
    notified: list[tuple[str, Place]] = field(default_factory=list)

    def complain(self, place: Place, message: str) -> None:
        self.problems.append(Problem(self.file, place.line, place.column, message))

    def place(self, table: Table | None, key: str = "", *, value: bool = False) -> Place:
        """Where a key or its value begins, else the table's header, else nowhere."""
        if table is None or self.places is None:
            return _NOWHERE
        at = table.keys.get(key)
        return self.places.at(at[value] if at else table.start)

    def unknown_channels(self, known: set[str]) -> Iterable[Problem]:
        for name, place in self.notified:
            if name in known:
                continue
            meant = closest(name, known)
            hint = f"did you mean {meant!r}?" if meant else "define it with [[channel]], or write mail:name@example.org"
            yield Problem(self.file, place.line, place.column, f"notify: there is no channel {name!r}; {hint}")


def _read(path: Path, vocabulary: Vocabulary) -> _Reading:
    reading = _Reading(str(path))
    data = _read_toml(path, reading)
    if data is None:
        return reading
    _refuse_other_tables(reading, data)
    for kind, read in (("channel", _read_channel), ("rule", _read_rule)):
        entries = data.get(kind)
        listed: list[object] = entries if isinstance(entries, list) else []
        tables = reading.places.named(kind) if reading.places else []
        for number, entry in enumerate(listed):
            found = tables[number] if len(tables) == len(listed) else None
            if isinstance(entry, dict):
                read(reading, found, entry, vocabulary)
            else:
                reading.complain(_NOWHERE, f"{kind} is a list of tables; write [[{kind}]]")
    return reading


def _refuse_other_tables(reading: _Reading, data: Mapping[str, object]) -> None:
    for key, value in data.items():
        ours = key in ("rule", "channel")
        if ours and isinstance(value, list):
            continue
        tables = reading.places.tables if reading.places else []
        table = next((one for one in tables if one.name == key or (key in one.keys and not one.name)), None)
        told = f"is a list of tables; write [[{key}]]" if ours else "is not known; expected [[rule]] or [[channel]]"
        reading.complain(reading.place(table, key), f"{key} {told}")


def _read_toml(path: Path, reading: _Reading) -> dict[str, Any] | None:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            message = f"the file has {size:,} bytes, {MAX_FILE_BYTES:,} are allowed; split it into several files"
            reading.complain(_NOWHERE, message)
            return None
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
        data = tomllib.loads(text)
    except OSError as error:
        reading.complain(_NOWHERE, f"cannot be read ({error.strerror}); expected a file of rules in TOML")
    except UnicodeDecodeError as error:
        reading.complain(_NOWHERE, f"is not UTF-8 text: {error.reason} at byte {error.start}")
    except RecursionError:
        reading.complain(_NOWHERE, "lists or tables are nested too deeply; expected [[rule]] and [[channel]]")
    except tomllib.TOMLDecodeError as error:
        _complain_of_toml(reading, text, str(error))
    else:
        reading.places = Places(text)
        return data
    return None


def _complain_of_toml(reading: _Reading, text: str, message: str) -> None:
    found = _TOML_PLACE.search(message)
    lines = text.rstrip("\n").count("\n") + 1
    place = Place(int(found[1]), int(found[2])) if found and found[1] else Place(lines, 1)
    reading.complain(place, f"is not valid TOML: {_TOML_PLACE.sub('', message)}")


def check_rule(rule: Rule, severity: str, vocabulary: Vocabulary, known: Iterable[str]) -> RuleFile:
    """A rule given by options in place of a file, checked likewise. Raises DefinitionError with every mistake."""
    entry = {"name": rule.name, "query": rule.query, "severity": severity, "description": rule.description}
    reading = _Reading(f"rule {rule.name!r}")
    _read_rule(reading, None, {**entry, "notify": list(rule.notify)}, vocabulary)
    reading.problems.extend(reading.unknown_channels(set(known)))
    if reading.problems:
        raise DefinitionError(reading.problems)
    return RuleFile(tuple(CompiledRule(replace(one.rule, origin=""), one.query) for one in reading.rules))


def _read_rule(reading: _Reading, table: Table | None, entry: dict[str, Any], vocabulary: Vocabulary) -> None:
    before = len(reading.problems)
    for key, value in entry.items():
        if key not in KEYS:
            meant = closest(key, KEYS)
            hint = f"did you mean {meant}?" if meant else f"known are {', '.join(KEYS)}"
            reading.complain(reading.place(table, key), f"a rule has no {key}; {hint}")
        elif not _fits(value, KEYS[key][0]):
            reading.complain(reading.place(table, key, value=True), f"{key}: expected {KEYS[key][1]}")
    name = _read_name(reading, table, entry, "rule")
    severity = entry.get("severity", "medium")
    if isinstance(severity, str) and severity not in SEVERITIES:
        meant = closest(severity, SEVERITIES)
        hint = f"did you mean {meant}?" if meant else f"expected one of {', '.join(SEVERITIES)}"
        message = f"severity: there is no {severity!r}; {hint}"
        reading.complain(reading.place(table, "severity", value=True), message)
    notify = entry.get("notify", [])
    _read_notify(reading, table, notify if _fits(notify, list) else [])
    rule = Rule(
        name=name,
        query=str(entry.get("query", "")),
        severity=cast("Severity", severity),
        notify=tuple(dict.fromkeys(notify)) if _fits(notify, list) else (),
        enabled=entry.get("enabled", True) is True,
        description=str(entry.get("description", "")),
        owner=str(entry.get("owner", "")),
        tags=tuple(entry["tags"]) if _fits(entry.get("tags"), list) else (),
        origin=reading.file,
    )
    compiled = _compile(reading, table, entry, rule, vocabulary)
    if compiled is not None and len(reading.problems) == before:
        reading.rules.append(compiled)


def _compile(
    reading: _Reading, table: Table | None, entry: dict[str, Any], rule: Rule, vocabulary: Vocabulary
) -> CompiledRule | None:
    if "query" not in entry:
        reading.complain(reading.place(table), f"the rule has no query; expected {KEYS['query'][1]}")
        return None
    if not isinstance(entry["query"], str):
        return None
    try:
        query = compile_query(rule.query, vocabulary)
    except QueryRefusedError as refused:
        reading.problems.extend(_in_file(reading, table, rule.query, error) for error in refused.errors)
        return None
    reading.warnings.extend(_in_file(reading, table, rule.query, warning) for warning in query.warnings)
    return CompiledRule(rule, query)


def _in_file(reading: _Reading, table: Table | None, query: str, error: QueryError) -> Problem:
    """A mistake in a query at its place in the file, also within a string over several lines."""
    place = reading.place(table, "query", value=True)
    if table is None and reading.places is None:  # a query by itself: its own lines are the place
        return Problem(reading.file, error.line, error.column, error.sentence)
    at = table.keys.get("query") if table is not None else None
    if at is not None and reading.places is not None and len(query) <= MAX_BYTES:
        lines = query.split("\n")
        index = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
        place = reading.places.at(reading.places.inside(at[1], query, index))
    return Problem(reading.file, place.line, place.column, f"query: {error.sentence}")


def _read_notify(reading: _Reading, table: Table | None, notify: list[str]) -> None:
    place = reading.place(table, "notify", value=True)
    for name in notify:
        if not name.startswith(MAIL):
            reading.notified.append((name, place))
            continue
        try:
            mail_channel(name)
        except TargetError as error:
            reading.complain(place, f"notify: {name!r}: {error}")


def mail_channel(name: str) -> ChannelDefinition:
    """The channel that `mail:ADDRESS` stands for. Raises TargetError when it is no address."""
    return ChannelDefinition(name, "email", parse_target("email", {"to": name.removeprefix(MAIL)}))


def _read_channel(reading: _Reading, table: Table | None, entry: dict[str, Any], _vocabulary: Vocabulary) -> None:
    name = _read_name(reading, table, entry, "channel")
    kind = entry.get("type")
    if not isinstance(kind, str):
        reading.complain(
            reading.place(table), f"the channel has no type; expected one of {', '.join(sorted(CHANNELS))}"
        )
        reading.broken_channels.add(name)
        return
    try:
        target = parse_target(kind, {key: value for key, value in entry.items() if key not in ("name", "type")})
    except TargetError as error:
        for wrong, what in error.problems:
            at = reading.place(table, wrong, value=wrong in entry)
            reading.complain(at, f"{wrong}: {what}" if wrong else what)
        reading.broken_channels.add(name)
        return
    if name.startswith(MAIL):
        reading.complain(reading.place(table, "name", value=True), f"name: {MAIL} is kept for addresses")
    reading.channels.append(ChannelDefinition(name, kind, target, reading.file))


def _read_name(reading: _Reading, table: Table | None, entry: dict[str, Any], kind: str) -> str:
    name = entry.get("name")
    place = reading.place(table, "name", value=True)
    if "name" not in entry:
        reading.complain(reading.place(table), f"the {kind} has no name; expected {KEYS['name'][1]}")
    elif not isinstance(name, str):
        if kind == "channel":
            reading.complain(place, f"name: expected {KEYS['name'][1]}")
    elif not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        reading.complain(place, f"name: expected 1 to {MAX_NAME} characters on one line")
    else:
        reading.names.append((kind, name, place))
        return name
    return ""


def _repeated(readings: Sequence[_Reading]) -> Iterable[Problem]:
    first: dict[tuple[str, str], str] = {}
    for reading in readings:
        for kind, name, place in reading.names:
            if (kind, name) in first:
                message = f"name: there is a {kind} {name!r} in {first[kind, name]} already; names are unique"
                yield Problem(reading.file, place.line, place.column, message)
            else:
                first[kind, name] = f"{reading.file}:{place.line}"


def _fits(value: object, wanted: type) -> bool:
    if wanted is list:
        return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return isinstance(value, wanted)
