"""The rules and channels in force: those of the files and of the store, read again when either changes.

The words that rules may use (names, event types) follow an operator's definitions folder.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from alerts.channels import TargetError
from alerts.query import QueryRefusedError, Vocabulary, compile_query, load_vocabulary
from alerts.rule_files import RuleFile, load_files, mail_channel
from alerts.rules import MAIL, ChannelDefinition, CompiledRule, Rule, RuleSet
from streams import metrics
from streams.errors import DefinitionError, InfrastructureError, Problem, UsageError

LOOK_EVERY = 1.0
"""Seconds between looks at files and store: a change is in force within two."""

SHOWN_PROBLEMS = 5

log = structlog.get_logger()


class Definitions(Protocol):
    """What the catalog needs of the store."""

    async def catalog_version(self) -> int:
        """A number that grows with every change."""

    async def rules(self) -> list[Rule]:
        """The rules kept there."""

    async def channels(self) -> list[ChannelDefinition]:
        """The channels kept there."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All rules and channels of one reading, by id and by name."""

    rules: RuleSet
    by_id: dict[str, Rule]
    channels: dict[str, ChannelDefinition]


class Catalog:
    """Rules and channels in force. What has mistakes takes no effect: the last good ones stay, the log says why."""

    def __init__(
        self, files: Sequence[Path], store: Definitions, vocabulary: Vocabulary, definitions: Path | None = None
    ) -> None:
        self._files = tuple(files)
        self._definitions = definitions
        self._told = _stamps(definitions)
        self._store = store
        self._vocabulary = vocabulary
        self._contents = Contents(RuleSet(), {}, {})
        self._seen: tuple[object, ...] | None = None
        self._lost = False

    @property
    def rules(self) -> RuleSet:
        """The rules that match."""
        return self._contents.rules

    def rule(self, rule_id: str) -> Rule | None:
        """A rule in force, or disabled, by its id."""
        return self._contents.by_id.get(rule_id)

    def channel(self, name: str) -> ChannelDefinition | None:
        """A channel by its name; `mail:ADDRESS` is one without being defined."""
        if name.startswith(MAIL):
            try:
                return mail_channel(name)
            except TargetError:
                return None
        return self._contents.channels.get(name)

    async def start(self) -> None:
        """The first reading. Raises UsageError with every mistake, a line each: no process starts on wrong rules."""
        seen = await self._look()
        try:
            await self._read()
        except DefinitionError as error:
            raise UsageError(str(error)) from error
        self._seen = seen
        log.info("rules.read", in_force=len(self.rules), channels=len(self._contents.channels))

    async def refresh(self) -> bool:
        """Read again if something changed; True when new contents are in force."""
        try:
            seen = await self._look()
            if seen == self._seen:
                return False
            await self._read()
        except DefinitionError as error:
            self._seen = seen
            metrics.RULES_REJECTED.set(1)
            shown = "; ".join(str(problem) for problem in error.problems[:SHOWN_PROBLEMS])
            log.error("rules.rejected", problems=len(error.problems), reason=shown, in_force=len(self.rules))
            return False
        except InfrastructureError as error:
            if not self._lost:
                log.warning("rules.unread", reason=str(error), in_force=len(self.rules))
            self._lost = True
            return False
        self._seen, self._lost = seen, False
        log.info("rules.changed", in_force=len(self.rules), channels=len(self._contents.channels))
        return True

    async def keep_fresh(self, stopping: asyncio.Event) -> None:
        """Refresh every second until `stopping` is set."""
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY)
            except TimeoutError:
                await self.refresh()

    async def _look(self) -> tuple[object, ...]:
        """What changes when a file or the store does; cheap."""
        version = await self._store.catalog_version()
        return (version, _stamps(self._definitions), *(_stamp(path) for path in self._files))

    async def _read(self) -> None:
        told = _stamps(self._definitions)
        if told != self._told:
            self._vocabulary = await asyncio.to_thread(load_vocabulary, self._definitions)
            self._told = told
        rules, channels = await self._store.rules(), await _channels(self._store)
        self._contents = await asyncio.to_thread(combine, self._files, rules, channels, self._vocabulary)
        metrics.RULES.set(len(self.rules))
        metrics.RULES_REJECTED.set(0)


def combine(
    files: Sequence[Path], rules: Sequence[Rule], channels: Sequence[ChannelDefinition], vocabulary: Vocabulary
) -> Contents:
    """Files and store as one. Raises DefinitionError with every mistake in either."""
    problems: list[Problem] = []
    try:
        read = load_files(files, vocabulary, [channel.name for channel in channels])
    except DefinitionError as error:
        problems.extend(error.problems)
        read = RuleFile()
    compiled = [*read.rules, *_compiled(rules, vocabulary, problems)]
    by_id: dict[str, Rule] = {}
    for one in compiled:
        if one.rule.id in by_id:
            problems.append(_in_store(one.rule.name, f"is in {by_id[one.rule.id].origin} too; remove one of them"))
        by_id[one.rule.id] = one.rule
    by_name: dict[str, ChannelDefinition] = {}
    for channel in (*read.channels, *channels):
        if channel.name in by_name:
            message = f"is in {by_name[channel.name].origin} too; remove one of them"
            problems.append(_in_store(channel.name, message, "channel"))
        by_name[channel.name] = channel
    if problems:
        raise DefinitionError(problems)
    found = RuleSet.of(compiled)
    found.indexes.make_all()
    return Contents(found, by_id, by_name)


def _compiled(rules: Sequence[Rule], vocabulary: Vocabulary, problems: list[Problem]) -> list[CompiledRule]:
    compiled: list[CompiledRule] = []
    for rule in rules:
        try:
            compiled.append(CompiledRule(rule, compile_query(rule.query, vocabulary)))
        except QueryRefusedError as refused:
            problems.extend(_in_store(rule.name, f"query: {error}") for error in refused.errors)
    return compiled


def _in_store(name: str, message: str, kind: str = "rule") -> Problem:
    return Problem(f"store: {kind} {name!r}", 0, 0, message)


async def _channels(store: Definitions) -> list[ChannelDefinition]:
    try:
        return await store.channels()
    except TargetError as error:
        raise DefinitionError([Problem("store: channels", 0, 0, str(error))]) from error


def _stamps(folder: Path | None) -> tuple[tuple[str, tuple[int, ...] | None], ...]:
    """The state of each file of a folder."""
    return tuple((str(path), _stamp(path)) for path in sorted(folder.rglob("*"))) if folder else ()


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
