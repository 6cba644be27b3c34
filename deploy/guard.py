"""The last will of `tocsin up`: ends the processes it started should it be killed before it could.

Run as a script with a pipe as standard input. `+123` names a process group to end when the pipe closes, `-123` one that
has ended by itself. It is a process of its own and not PR_SET_PDEATHSIG, because that ends only the child and not the
child's children, and exists on Linux only.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable


def watch(orders: Iterable[str]) -> None:
    """Keep the list until the orders end, then end every process group that is still on it."""
    groups: set[int] = set()
    for order in orders:
        group = int(order[1:])
        if order.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watch(sys.stdin)
