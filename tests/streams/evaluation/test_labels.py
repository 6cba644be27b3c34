"""Labelled texts from files: what a line may say, and what is told of a line that cannot be used."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.errors import UsageError
from streams.evaluation.labels import read_labels, read_predictions

GOOD = '{"id": "a", "lang": "de", "text": "x", "event_type": "none", "leaders": null}'


def test_a_text_is_read_at_noon_of_its_day(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"id": "a", "lang": "de", "text": "x", "date": "2023-09-05", "is_arms_transfer": true}\n')
    (label,), problems = read_labels([file])
    assert not problems
    assert (label.set, label.article().published) == ("own", datetime(2023, 9, 5, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ("[]", "found list"),
        ('{"id": "b", "text": "x", "event_type": "none"}', "lang"),
        ('{"id": "b", "lang": "de", "text": "", "event_type": "none"}', "text is empty"),
        ('{"id": "b", "lang": "de", "text": "x"}', "nothing is labelled"),
        ('{"id": "b", "lang": "de", "text": "x", "event_type": "none", "date": "May"}', "no day"),
        (
            '{"id": "b", "lang": "de", "text": "x", "is_leader_meeting": true, "meeting_status": "soon"}',
            "meeting_status",
        ),
        ('{"id": "b", "lang": "de", "text": "x", "is_leader_meeting": 1}', "is_leader_meeting"),
        ('{"id": "a", "lang": "de", "text": "x", "event_type": "none"}', "stands at"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_by_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(f"{GOOD}\n\n{line}\n")
    labels, (problem,) = read_labels([file])
    assert [label.id for label in labels] == ["a"]
    assert (problem.file, problem.line) == (str(file), 3)
    assert told in problem.message


def test_predictions_are_what_detect_writes(tmp_path: Path) -> None:
    file = tmp_path / "found.jsonl"
    file.write_text('{"id": "a", "text": "x"}\n{"id": "b", "events": 1}\n')
    found, (problem,) = read_predictions(file)
    assert (list(found), problem.line) == (["a"], 2)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_labels([tmp_path / "none.jsonl"])
