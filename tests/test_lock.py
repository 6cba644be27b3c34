"""The lock files say what pyproject.toml asks for, for every direct requirement, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.MULTILINE)


def _group(name: str) -> list[str]:
    found: list[str] = []
    for entry in PROJECT["dependency-groups"][name]:
        found += _group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return found


WANTED = {
    "requirements-setup.lock": _group("setup"),
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-dev.lock": PROJECT["project"]["dependencies"] + _group("dev"),
}


def _pins(lock: str) -> dict[str, list[tuple[str, str | None]]]:
    pins: dict[str, list[tuple[str, str | None]]] = {}
    for name, _extras, version, marker in PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(name), []).append((version, marker or None))
    return pins


def _complaint(requirement: Requirement, pins: dict[str, list[tuple[str, str | None]]]) -> str | None:
    versions = [version for version, _marker in pins.get(canonicalize_name(requirement.name), [])]
    if not versions:
        return f"{requirement} is not locked"
    wrong = [version for version in versions if version not in requirement.specifier]
    return f"{requirement} is locked at {wrong[0]}" if wrong else None


@pytest.mark.parametrize("lock", WANTED)
def test_every_direct_requirement_is_locked_at_a_version_it_allows(lock: str) -> None:
    pins = _pins(lock)
    complaints = [_complaint(Requirement(text), pins) for text in WANTED[lock]]
    assert [c for c in complaints if c] == [], "run `make lock`"


@pytest.mark.parametrize("lock", WANTED)
def test_every_pin_has_a_hash_and_no_file_names_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert [b.splitlines()[0] for b in blocks if "--hash=sha256:" not in b] == []
    assert "://" not in text


def test_the_development_lock_extends_the_runtime_lock() -> None:
    development = _pins("requirements-dev.lock")
    differing = {name: pins for name, pins in _pins("requirements.lock").items() if development.get(name) != pins}
    assert differing == {}, "run `make lock`"


def test_a_requirement_that_is_missing_or_too_old_is_found() -> None:
    pins = {"six": [("1.16.0", None)]}
    assert _complaint(Requirement("six>=2"), pins) == "six>=2 is locked at 1.16.0"
    assert _complaint(Requirement("seven"), pins) == "seven is not locked"
    assert _complaint(Requirement("six>=1.10"), pins) is None
