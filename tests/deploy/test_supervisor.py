"""The supervisor with small programs instead of processes: restart, pause, order of stopping, nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.health import is_alive
from deploy.supervisor import Guard, Keeper, Program, next_pause, stop


class Heard:
    """What programs said, as (name, line)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def say(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for said_by, line in self.lines if said_by == name]


def python(name: str, code: str, *arguments: object) -> Program:
    return Program(name, (sys.executable, "-I", "-S", "-u", "-c", code, *map(str, arguments)))


OBEDIENT = """
import signal, sys, time
def end(*_):
    print("ended at", time.monotonic_ns(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(60)
"""

STUBBORN = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up", flush=True); time.sleep(60)'


async def until(done, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("before", "ran", "pause"),
    [(0, 0, 1), (1, 3, 2), (2, 3, 4), (16, 59, 30), (30, 1, 30), (30, 60, 1), (0, 100, 1)],
)
def test_the_pause_doubles_to_half_a_minute_and_is_short_again_after_a_good_minute(
    before: float, ran: float, pause: float
) -> None:
    assert next_pause(before, ran) == pause


async def test_a_program_that_ends_is_started_again_and_the_other_goes_on() -> None:
    heard = Heard()
    with Guard() as guard:
        failing = Keeper(python("failing", "print('hello'); raise SystemExit(70)"), guard, heard.say)
        steady = Keeper(python("steady", OBEDIENT), guard, heard.say)
        tasks = [asyncio.create_task(keeper.run()) for keeper in (failing, steady)]
        await until(lambda: failing.starts == 2 and heard.of("failing").count("hello") == 2)
        assert steady.starts == 1
        assert steady.pid is not None
        await stop([failing, steady])
        await asyncio.gather(*tasks)
    assert heard.of("failing")[:2] == ["hello", "ended with exit status 70; starting it again in 1 s"]


async def test_a_program_that_was_killed_is_started_again_and_the_signal_is_named() -> None:
    heard = Heard()
    with Guard() as guard:
        keeper = Keeper(python("one", OBEDIENT), guard, heard.say)
        task = asyncio.create_task(keeper.run())
        await until(lambda: "up" in heard.of("one"))
        os.kill(keeper.pid or 0, signal.SIGKILL)
        await until(lambda: keeper.starts == 2 and heard.of("one").count("up") == 2)
        await stop([keeper])
        await task
    assert "was ended by SIGKILL; starting it again in 1 s" in heard.of("one")


async def test_wrong_settings_are_said_once_and_not_tried_again() -> None:
    heard = Heard()
    with Guard() as guard:
        keeper = Keeper(python("web", "print('tocsin: web.port: in use'); raise SystemExit(2)"), guard, heard.say)
        await asyncio.wait_for(keeper.run(), 30)
    assert keeper.refused.is_set()
    assert keeper.complaints == ["web.port: in use"]
    assert keeper.starts == 1
    assert heard.of("web") == [
        "tocsin: web.port: in use",
        "cannot work with these settings, and is not started again",
    ]


async def test_what_a_proven_program_refuses_is_tried_again() -> None:
    """A rules file that is being edited, or a Kafka that is away, while a process starts again."""
    heard = Heard()
    with Guard() as guard:
        keeper = Keeper(python("match", "print('tocsin: rules.toml:3:1'); raise SystemExit(2)"), guard, heard.say)
        keeper.proven = True
        task = asyncio.create_task(keeper.run())
        await until(lambda: keeper.starts == 2)
        await stop([keeper])
        await task
    assert not keeper.refused.is_set()
    assert "ended with exit status 2; starting it again in 1 s" in heard.of("match")


async def test_a_program_that_does_not_exist_is_refused() -> None:
    heard = Heard()
    with Guard() as guard:
        keeper = Keeper(Program("ghost", ("/nonexistent/program",)), guard, heard.say)
        await asyncio.wait_for(keeper.run(), 30)
    assert keeper.refused.is_set()
    assert heard.of("ghost")[0].startswith("cannot be started: ")


async def test_programs_stop_in_the_given_order() -> None:
    heard = Heard()
    names = ("first", "second", "third")
    with Guard() as guard:
        keepers = [Keeper(python(name, OBEDIENT), guard, heard.say) for name in names]
        tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
        await until(lambda: all("up" in heard.of(name) for name in names))
        await stop(keepers)
        await asyncio.gather(*tasks)
    ends = [(int(line.split()[-1]), name) for name, line in heard.lines if line.startswith("ended at")]
    assert [name for _, name in sorted(ends)] == list(names)
    assert all(keeper.pid is None for keeper in keepers)


async def test_a_program_that_does_not_obey_is_ended_hard_and_delays_the_others_only_by_its_head_start() -> None:
    heard = Heard()
    with Guard() as guard:
        stubborn = Keeper(python("stubborn", STUBBORN), guard, heard.say)
        obedient = Keeper(python("obedient", OBEDIENT), guard, heard.say)
        tasks = [asyncio.create_task(keeper.run()) for keeper in (stubborn, obedient)]
        await until(lambda: heard.of("stubborn") == ["up"] and heard.of("obedient") == ["up"])
        pid = stubborn.pid or 0
        began = time.monotonic()
        await stop([stubborn, obedient], patience=1.0, head_start=0.2)
        took = time.monotonic() - began
        await asyncio.gather(*tasks)
    assert 0.9 < took < 15, "it would sleep for a minute"
    assert not is_alive(pid)


async def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    heard = Heard()
    seen = tmp_path / "seen"
    child = "import time; time.sleep(60)"
    parent = (
        "import pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}])\n"
        "print(child.pid, flush=True)\n"
        "while not pathlib.Path(sys.argv[1]).exists():\n"
        "    time.sleep(0.02)\n"
        "raise SystemExit(2)"
    )
    with Guard() as guard:
        keeper = Keeper(python("parent", parent, seen), guard, heard.say)
        running = asyncio.create_task(keeper.run())
        await until(lambda: heard.of("parent") != [])
        pid = int(heard.of("parent")[0])
        assert is_alive(pid)
        seen.touch()
        await asyncio.wait_for(running, 30)
        await until(lambda: not is_alive(pid))
    assert keeper.starts == 1


async def test_lines_are_passed_on_whole_and_an_endless_one_in_pieces() -> None:
    heard = Heard()
    code = (
        "import sys; w = sys.stdout.buffer.write; w('Grüße\\n'.encode()); w(b'x' * 20000); w(b'\\nlast'); sys.exit(2)"
    )
    with Guard() as guard:
        await asyncio.wait_for(Keeper(python("one", code), guard, heard.say).run(), 30)
    lines = heard.of("one")
    assert lines[0] == "Grüße"
    assert lines[-2] == "last"
    assert set("".join(lines[1:-2])) == {"x"}
    assert all(len(line) <= 8192 for line in lines)


SUPERVISOR = """
import asyncio, sys
from deploy.supervisor import Guard, Keeper, Program

child = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"

async def main():
    with Guard() as guard:
        keepers = [Keeper(Program(n, (sys.executable, "-I", "-S", "-c", child)), guard, lambda n, line: print(keepers_by[n].pid, line, flush=True)) for n in "ab"]
        keepers_by = {k.program.name: k for k in keepers}
        await asyncio.gather(*(k.run() for k in keepers))

asyncio.run(main())
"""


async def test_a_supervisor_that_is_killed_leaves_nothing_behind() -> None:
    root = Path(__file__).parent.parent.parent
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, cwd=root, stdout=subprocess.PIPE, start_new_session=True
    )
    assert supervisor.stdout is not None
    pids: list[int] = []
    for _ in range(2):
        pids += [int(word) for word in (await asyncio.wait_for(supervisor.stdout.readline(), 60)).split()]
    assert len(pids) == 4
    assert all(is_alive(pid) for pid in pids)
    supervisor.kill()
    await supervisor.wait()
    await until(lambda: not any(is_alive(pid) for pid in pids))
