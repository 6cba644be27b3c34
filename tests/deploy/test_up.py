"""`tocsin up --samples` as a newcomer runs it: alerts arrive, a second one is refused, Ctrl-C leaves nothing, and it goes on."""

import asyncio
import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from deploy.health import is_alive
from tests.faults.system import PROCESSES, System, until

VERIFIED = re.compile(r"desk +│ webhook  verified: \[(critical|high|medium|low)\] Sample: ")


def printed(system: System) -> str:
    return system.log.read_text(encoding="utf-8")


async def interrupt(system: System) -> tuple[int, float]:
    """Ctrl-C: the exit status and how long it took."""
    assert system.process is not None
    began = time.monotonic()
    os.kill(system.process.pid, signal.SIGINT)
    return await asyncio.wait_for(system.process.wait(), 60), time.monotonic() - began


def published(folder: Path) -> int:
    return int(json.loads((folder / "data" / "samples" / "newsroom.json").read_text())["next"])


@pytest.mark.kafka
@pytest.mark.timeout(300)
async def test_samples_bring_alerts_and_a_later_start_goes_on_where_it_was(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.configure([], "")
    await system.start("--samples")
    try:
        await until(lambda: VERIFIED.search(printed(system)) is not None, 120, "the first webhook of the samples")
        await until(lambda: "everything is ready" in printed(system), 60, "everything is ready")
        pids = [pid for name in PROCESSES for pid in system.pids(name)] + [system.broker_pid()]
        assert len(pids) == 6
        assert set((await system.json("status"))["processes"].values()) == {"running"}
        status, said = await system.command("up")
        assert status == 2
        assert "another `tocsin up`" in said
        status, took = await interrupt(system)
        assert (status, took < 15) == (0, True)
        assert [pid for pid in pids if is_alive(pid)] == []
        first, so_far = printed(system), published(tmp_path)

        system.log.write_bytes(b"")
        await system.start("--samples")
        await until(
            lambda: VERIFIED.search(printed(system)) is not None, 120, "the first webhook after the second start"
        )
        assert published(tmp_path) > so_far
        assert (await interrupt(system))[0] == 0
    finally:
        if system.process is not None and system.process.returncode is None:
            await system.stop()
    for output in (first, printed(system)):
        assert "Traceback" not in output
        assert "(attempt 2)" not in output
    assert webhooks(first)
    assert webhooks(first) & webhooks(printed(system)) == set()


def webhooks(output: str) -> set[str]:
    """The articles' words under each webhook: a sentence of a sample appears in one alert of a rule only."""
    found = re.findall(r"webhook  verified: (\[.*)\ndesk +│ +(“.*”)\n", output)
    return {f"{said} {quote}" for said, quote in found}
