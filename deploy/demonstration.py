"""What `tocsin up --samples` adds: the sample newsroom, rules that fit it, and a receiver that tells what arrives.

All of it lies in `<data_dir>/samples`: the ports that were taken the first time, what was published, the feeds, and the
rules, which are there to be changed.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import tomllib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from deploy import newsroom
from deploy.receive import Received, Receiver
from deploy.settings import Settings
from deploy.supervisor import Say
from streams.errors import UsageError

FIRST, AGAIN = 6, 3
"""Articles that appear at once: at the very first start, and at each later one."""

PACE = 4.0
"""Seconds between two written articles."""

PACE_OF_VARIATIONS = 15.0

FEEDS = "feeds.txt"
RESTING = "feeds.paused"
"""Exists while the sample feeds are paused, because tocsin runs without samples."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demonstration listens; the webhook's is also in the rules that come with tocsin."""

    newsroom: int = 8200
    webhook: int = 8201
    smtp: int = 8202


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Settings with the samples in them, and the same as options of the command."""

    settings: Settings
    options: tuple[str, ...]
    room: newsroom.Newsroom
    say: Say

    async def publish(self) -> None:
        """Let an article appear every few seconds, for ever."""
        while True:
            variations = self.room.written_left == 0
            await asyncio.sleep(PACE_OF_VARIATIONS if variations else PACE)
            sample = self.room.publish(datetime.now(UTC))
            self.say("samples", f"published [{sample.language}] {sample.title}")


async def rest(settings: Settings, tocsin: Sequence[str]) -> None:
    """Pause the sample feeds of an earlier run with samples: nothing publishes them now, so they would only fail.

    `tocsin` is the command with its options.
    """
    folder = _folder(settings)
    if (folder / FEEDS).exists() and not (folder / RESTING).exists():
        await _feeds(tocsin, "pause", folder)
        (folder / RESTING).touch()


async def _wake(folder: Path, tocsin: Sequence[str]) -> None:
    if (folder / RESTING).exists():
        await _feeds(tocsin, "resume", folder)
        (folder / RESTING).unlink()


async def _feeds(tocsin: Sequence[str], what: str, folder: Path) -> None:
    urls = (folder / FEEDS).read_text(encoding="utf-8").split()
    process = await asyncio.create_subprocess_exec(
        *tocsin, "feeds", what, *urls, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await process.wait()


def _folder(settings: Settings) -> Path:
    return settings.data_dir.absolute() / "samples"


@contextlib.asynccontextmanager
async def opened(settings: Settings, tocsin: Sequence[str], say: Say) -> AsyncIterator[Demonstration]:
    """Run newsroom and receiver while the context lasts. `tocsin` is the command with its options."""
    folder = _folder(settings)
    before, ports = _ports(folder)
    room = newsroom.Newsroom(newsroom.read_samples(), newsroom.Variations.read(), folder / "newsroom.json")
    rules = _write_rules(folder, before, ports)

    def show(received: Received) -> None:
        for line in describe(received):
            say("desk", line)

    receiver = Receiver(show, ports.webhook, ports.smtp, secrets=_secrets(rules))
    with newsroom.serving(room, ports.newsroom) as base:
        async with receiver.running():
            await _wake(folder, tocsin)
            feeds = folder / FEEDS
            feeds.write_text("".join(f"{base}/feeds/{code}.xml\n" for code in room.languages), encoding="utf-8")
            for _ in range(FIRST if room.untouched else AGAIN):
                room.publish(datetime.now(UTC))
            say("samples", f"made-up news in {len(room.languages)} languages at {base}/feeds/en.xml and so on")
            say("samples", f"the rules are in {rules}: change them, they are read again at once")
            say("samples", "what the desk gets as webhook or mail is shown here; no mail leaves this machine")
            yield Demonstration(*_with_samples(settings, feeds, rules, ports), room, say)


def describe(received: Received) -> list[str]:
    """What arrived, for somebody who sees it for the first time: what it says, and the words that made it fire."""
    again = f" (attempt {received.seen})" if received.seen > 1 else ""
    if received.kind == "mail":
        return [f"mail     to {', '.join(received.recipients)}{again}: {received.sentence}"]
    if received.alert is None:
        return [f"webhook  {received.verdict}{again}: {received.reason}"]
    lines = [f"webhook  {received.verdict}{again}: [{received.severity}] {received.rule}: {received.sentence}"]
    quotes = [event.evidence.text for event in received.alert.events] or [one.text for one in received.alert.matched]
    return [*lines, f"         “{shorten(quotes[0], 150, placeholder=' …')}”"] if quotes else lines


def _with_samples(settings: Settings, feeds: Path, rules: Path, ports: Ports) -> tuple[Settings, tuple[str, ...]]:
    """The settings in force and the samples besides; mail goes to the receiver whatever was set."""
    changes: dict[str, object] = {
        "ingest.feeds": [*map(str, settings.ingest.feeds), str(feeds)],
        "ingest.interval": "2s",
        "ingest.min_interval": "2s",
        "rules.files": [*map(str, settings.rules.files), str(rules)],
        "outbound.allow": [*map(str, settings.outbound.allow), "127.0.0.0/8"],
        "smtp.host": "127.0.0.1",
        "smtp.port": ports.smtp,
        "smtp.security": "none",
        "smtp.username": "",
        "smtp.password": "",
    }
    options = [word for key, value in changes.items() for word in ("--set", f"{key}={_as_option(value)}")]
    nested: dict[str, dict[str, object]] = {}
    for key, value in changes.items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = value
    sections = {
        section: type(getattr(settings, section)).model_validate(
            {**getattr(settings, section).model_dump(by_alias=True), **values}
        )
        for section, values in nested.items()
    }
    return settings.model_copy(update=sections), tuple(options)


def _as_option(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)


def _ports(folder: Path) -> tuple[Ports, Ports]:
    """The ports of the last time (of the rules that come with tocsin at first) and those of this one.

    The newsroom keeps its port, because its articles' addresses name it; the others move where theirs is taken.
    """
    file = folder / "ports.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = Ports(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else Ports()
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"samples: {folder} cannot be used ({error}); remove it to begin anew") from error
    room = before.newsroom if file.exists() else _free(before.newsroom)
    now = Ports(room, _free(before.webhook), _free(before.smtp))
    file.write_text(json.dumps(asdict(now)), encoding="utf-8")
    return before, now


def _free(port: int) -> int:
    """The port itself where it is free, else one that is."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((newsroom.HOST, wanted))
                return int(probe.getsockname()[1])
    raise UsageError(f"samples: no port is free on {newsroom.HOST}; stop what uses them")


def _write_rules(folder: Path, before: Ports, now: Ports) -> Path:
    """The rules, where they can be changed; only the receiver's address in them is ours."""
    file = folder / "rules.toml"
    text = (file if file.exists() else newsroom.FOLDER / "rules.toml").read_text(encoding="utf-8")
    if not file.exists() or before.webhook != now.webhook:
        file.write_text(text.replace(_webhook(before), _webhook(now)), encoding="utf-8")
    return file


def _webhook(ports: Ports) -> str:
    return f"http://{newsroom.HOST}:{ports.webhook}/webhook"


def _secrets(rules: Path) -> tuple[str, ...]:
    """The secrets that the channels sign with; none where the rules were changed to something unreadable."""
    try:
        channels = tomllib.loads(rules.read_text(encoding="utf-8")).get("channel", [])
        return tuple(channel["secret"] for channel in channels if "secret" in channel)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
        return ()
