"""What libraries log: once in a while, however often they say it."""

import logging

import pytest

from streams.service import SparingFilter


def record(message: str, *values: object, name: str = "aiokafka.client") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "client.py", 1, message, values, None)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([(0.0, "no node %s"), (0.1, "no node %s"), (9.9, "no node %s")], [True, False, False]),
        ([(0.0, "no node %s"), (10.0, "no node %s"), (10.1, "no node %s")], [True, True, False]),
        ([(0.0, "no node %s"), (0.1, "something else %s"), (0.2, "no node %s")], [True, True, False]),
    ],
)
def test_a_line_that_is_said_again_and_again_is_shown_every_ten_seconds(
    said: list[tuple[float, str]], shown: list[bool]
) -> None:
    moments = iter([moment for moment, _ in said])
    sparing = SparingFilter(lambda: next(moments))
    assert [sparing.filter(record(message, number)) for number, (_, message) in enumerate(said)] == shown


def test_libraries_do_not_silence_each_other() -> None:
    sparing = SparingFilter(lambda: 0.0)
    assert sparing.filter(record("failed", name="aiokafka.client"))
    assert sparing.filter(record("failed", name="faust.worker"))


def test_what_is_remembered_stays_small() -> None:
    sparing = SparingFilter(lambda: 0.0)
    for number in range(5000):
        assert sparing.filter(record(f"line {number}"))
    assert len(sparing._passed) <= 1000
