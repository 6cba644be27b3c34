"""The whole product as one subprocess, `tocsin up`, with ways to hurt it and to ask it how it is."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROCESSES = ("ingest", "detect", "match", "deliver", "web")


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@dataclass
class System:
    """`tocsin up` on a data folder of its own. `log` is the file that holds what it printed."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    def configure(self, feeds: list[str], rules: str) -> None:
        """Write settings, feeds and rules; ports are taken once, so that a restart keeps them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "feeds.txt").write_text("\n".join(feeds) + "\n")
        (self.folder / "rules.toml").write_text(rules)
        web, *health = free_ports(6)
        ports = "\n".join(f"{name} = {port}" for name, port in zip(PROCESSES, health, strict=True))
        (self.folder / "tocsin.toml").write_text(
            f"""data_dir = "data"
[ingest]
feeds = ["feeds.txt"]
interval = "2s"
min_interval = "1s"
max_interval = "10s"
[rules]
files = ["rules.toml"]
[outbound]
allow = ["127.0.0.0/8"]
[web]
port = {web}
[health.ports]
{ports}
"""
        )

    @property
    def log(self) -> Path:
        """What `tocsin up` and its processes printed."""
        return self.folder / "up.log"

    async def start(self, *options: str) -> None:
        """Start `tocsin up`; it goes on in the background."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command("up", *options),
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                env=self._environment(),
            )

    async def stop(self, within: float = 20) -> int:
        """SIGTERM, and the exit status; a process that does not end in time is killed and fails the test."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run one `tocsin` command on the same settings: exit status and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            env=self._environment(),
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, out.decode() + (err.decode() if process.returncode else "")

    async def json(self, *arguments: str) -> Any:
        """What a command prints with --json."""
        status, out = await self.command(*arguments, "--json")
        assert status == 0, f"{arguments}: {out}"
        return json.loads(out)

    def pids(self, name: str) -> list[int]:
        """The processes of a kind that are running now."""
        found = [int(path.stem.rpartition("-")[2]) for path in (self.folder / "data" / "run").glob(f"{name}-*.json")]
        return [pid for pid in found if running(pid)]

    async def kill(self, name: str) -> int:
        """SIGKILL one process of a kind; waits until there is one."""
        await until(lambda: bool(self.pids(name)), 30, f"{name} is running")
        pid = self.pids(name)[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def broker_pid(self) -> int:
        """The process id of the local Kafka."""
        return int((self.folder / "data" / "kafka" / "pid").read_text().split()[0])

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "deploy.cli", "--config", str(self.folder / "tocsin.toml"), *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", **self.environment}


def running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until(done: Callable[[], bool | Awaitable[bool]], seconds: float, what: str) -> float:
    """Wait until `done()`; how long it took. Fails with `what` when it does not come in time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        answer = done()
        if await answer if isinstance(answer, Awaitable) else answer:
            return time.monotonic() - began
        await asyncio.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")
