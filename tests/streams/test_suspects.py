"""Which record was in hand when a process died; each `Suspects` here stands for one life of the process."""

from pathlib import Path

import pytest

from streams.suspects import Suspects


class Dies(Exception):  # noqa: N818 -- it is no error, it is the end of a process
    """The process ends while a record is in hand."""


def live(folder: Path, offsets: list[int], dies_at: int | None = None, partition: int = 0) -> list[int]:
    """One life: take and release each offset, and die with one of them in hand; the deaths known of each."""
    suspects, known = Suspects(folder), []
    for offset in offsets:
        known.append(suspects.take("articles", partition, offset))
        if offset == dies_at:
            break
        suspects.release("articles", partition)
    suspects.close()
    return known


def test_an_ordinary_life_suspects_no_record(tmp_path: Path):
    assert live(tmp_path, [0, 1, 2, 3]) == [0, 0, 0, 0]
    assert live(tmp_path, [3, 4]) == [0, 0], "a repeat after an ordinary end is no suspect"


def test_deaths_on_a_record_are_counted_though_earlier_ones_come_again(tmp_path: Path):
    assert live(tmp_path, [0, 1, 2, 3], dies_at=2) == [0, 0, 0]
    assert live(tmp_path, [0, 1, 2, 3], dies_at=2) == [0, 0, 1]
    assert live(tmp_path, [1, 2, 3], dies_at=2) == [0, 2]
    assert live(tmp_path, [2, 3]) == [3, 0]


def test_one_that_went_well_the_next_time_is_cleared(tmp_path: Path):
    live(tmp_path, [0, 1], dies_at=1)
    assert live(tmp_path, [1, 2, 3]) == [1, 0, 0]
    assert live(tmp_path, [1]) == [0]


def test_deaths_on_different_records_do_not_add_up(tmp_path: Path):
    live(tmp_path, [5], dies_at=5)
    assert live(tmp_path, [5, 6], dies_at=6) == [1, 0]
    assert live(tmp_path, [5, 6, 7]) == [0, 1, 0]


def test_partitions_are_apart(tmp_path: Path):
    live(tmp_path, [5], dies_at=5, partition=1)
    assert live(tmp_path, [5], partition=2) == [0]
    assert live(tmp_path, [5], partition=1) == [1]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 24])
def test_a_broken_file_is_no_obstacle(tmp_path: Path, content: bytes):
    (tmp_path / "articles-0.hand").write_bytes(content)
    assert live(tmp_path, [0, 1]) == [0, 0]


def test_a_folder_that_cannot_be_written_only_costs_the_memory(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert live(tmp_path / "file", [0, 1]) == [0, 0]
