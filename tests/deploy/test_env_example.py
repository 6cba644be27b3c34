""".env.example: a line for every setting, and every line can be read."""

import re
from pathlib import Path

import pytest

from deploy.settings import Settings, describe
from streams.settings import load

LINES = dict(
    line.removeprefix("#").split("=", 1)
    for line in (Path(__file__).parents[2] / "deploy" / ".env.example").read_text(encoding="utf-8").splitlines()
    if re.match(r"#?[A-Z_]+=", line)
)
SETTINGS = {name: value for name, value in LINES.items() if name.startswith("TOCSIN_")}
DEFAULTS = describe(Settings())
NO_DEFAULT = {"TOCSIN_DETECT__DEFINITIONS"}


def variable(key: str) -> str:
    return "TOCSIN_" + key.replace(".", "__").upper()


def test_there_is_a_line_for_every_setting_and_no_other() -> None:
    assert sorted(SETTINGS) == sorted(variable(key) for key in DEFAULTS)


def test_the_only_other_variable_is_that_of_the_compose_file() -> None:
    assert set(LINES) - set(SETTINGS) == {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_every_line_can_be_read_and_shows_the_default(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = variable(key)
    shown = describe(load(Settings, environment={name: SETTINGS[name]}))
    if name in NO_DEFAULT:
        assert shown[key] == SETTINGS[name]
    else:
        assert shown[key] == DEFAULTS[key]
