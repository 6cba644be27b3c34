"""Blocking work beside an event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from streams.errors import TocsinError

T = TypeVar("T")

FORESEEN = (TocsinError, OSError, ValueError, LookupError, TypeError, RuntimeError)


def in_thread(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Run blocking work in a thread that the end of the process does not wait for, as it would for an executor's."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if future.done() else set_it())

    def run() -> None:
        try:
            result = work()
        except FORESEEN as error:
            settle(partial(future.set_exception, error))
        else:
            settle(partial(future.set_result, result))
        finally:
            settle(partial(future.cancel))  # an error that nobody foresaw: the thread prints it

    threading.Thread(target=run, daemon=True).start()
    return future
