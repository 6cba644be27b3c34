"""Pipes: one line out per line in, as they come; what cannot be read is reported and the rest goes on."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams import pipes
from streams.errors import PermanentError, UsageError
from streams.messages import Article, decode

ECHO = """
import sys
from streams import pipes
from streams.messages import Article, decode
raise SystemExit(pipes.run(sys.argv[1] if sys.argv[1:] else None, lambda line: [decode(line, Article)]))
"""


def echo(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ECHO, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def handle(line: bytes) -> list[Article]:
    article = decode(line, Article)
    if article.title == "refuse":
        raise PermanentError("refused")
    if article.title == "bug":
        raise KeyError("bug")
    return [article] * (2 if article.title == "twice" else 1)


def test_each_line_is_handled_in_order_and_errors_name_their_line():
    pipe = pipes.Pipe(io.BytesIO(), io.BytesIO())
    source = (
        b'{"title":"a"}\nnot json\n\n  \r\n{"title":"twice"}\n[1]\n{"title":"refuse"}\n{"title":"bug"}\n{"title":"z"}'
    )
    pipe.each(io.BytesIO(source), handle)
    assert [json.loads(line)["title"] for line in pipe.output.getvalue().splitlines()] == ["a", "twice", "twice", "z"]
    errors = [json.loads(line) for line in pipe.errors.getvalue().splitlines()]
    assert [error["line"] for error in errors] == [2, 6, 7, 8]
    assert errors[0]["error"].startswith("not JSON")
    assert errors[1]["error"] == "expected a JSON object, found list"
    assert errors[2]["error"] == "refused"
    assert errors[3]["error"] == "KeyError: 'bug'"
    assert (pipe.failed, pipe.status) == (4, 1)


def test_a_line_beyond_the_limit_is_reported_and_skipped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pipes, "MAX_LINE_BYTES", 20)
    pipe = pipes.Pipe(io.BytesIO(), io.BytesIO())
    pipe.each(io.BytesIO(b'{"title":"' + b"x" * 100 + b'"}\n{"title":"b"}\n' + b"y" * 50), handle)
    assert [json.loads(line)["title"] for line in pipe.output.getvalue().splitlines()] == ["b"]
    assert [json.loads(line)["line"] for line in pipe.errors.getvalue().splitlines()] == [1, 3]


def test_the_first_line_comes_out_before_the_last_has_come_in():
    with echo() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"title":"first"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["title"] == "first"
        process.stdin.write(b"x\n")
        process.stdin.close()
        assert process.wait(10) == 1


def test_a_reader_who_goes_away_ends_it_without_a_word(tmp_path: Path):
    file = tmp_path / "many.jsonl"
    file.write_bytes(b'{"title":"line"}\n' * 20_000)
    with echo(str(file)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 0


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match=r"absent\.jsonl: cannot be read"):
        pipes.run(str(tmp_path / "absent.jsonl"), handle)
