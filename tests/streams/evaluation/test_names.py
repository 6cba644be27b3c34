"""Spellings of one name, and names that are only alike."""

import pytest

from streams.evaluation.names import Names, count_matches, fold, same_person
from streams.knowledge import load


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(load(None))


@pytest.mark.parametrize(
    ("labelled", "found", "same"),
    [
        ("Volodymyr Zelensky", "Wolodymyr Selenskyj", True),
        ("Vladimir Putin", "Путиным", True),
        ("Vladimir Putin", "Präsident Putins", True),
        ("Xi Jinping", "Xi", True),
        ("Xi Jinping", "Xi Zhongxun", False),
        ("Elizabeth II", "Queen Elizabeth", True),
        ("George Papandreou", "Kostas Karamanlis", False),
        ("Raul Castro", "Fidel Castro", False),
        ("Emmanuel Macron", "", False),
    ],
)
def test_the_family_name_decides(labelled: str, found: str, same: bool) -> None:
    assert same_person(labelled, found) is same


@pytest.mark.parametrize(
    ("labelled", "found", "same"),
    [
        ("Xi Jinping", "习近平", True),
        ("Vladimir Putin", "푸틴", True),
        ("Emmanuel Macron", "习近平", False),
        ("Emmanuel Macron", "", False),
    ],
)
def test_other_scripts_go_by_the_tables(names: Names, labelled: str, found: str, same: bool) -> None:
    assert names.is_person(labelled, found) is same


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("Deutschland", "DE"),
        ("the Netherlands", "NL"),
        ("de", "DE"),
        ("Nowhere", None),
        (None, None),
        ("NATO", "Q7184"),
    ],
)
def test_states_go_by_any_name(names: Names, value: str | None, key: str | None) -> None:
    assert names.state(value) == key


def test_folding_leaves_plain_letters() -> None:
    assert fold("Żółć Щука Ёж Ærø") == "zolc shchuka ezh aero"


def test_each_labelled_one_needs_a_partner_of_its_own() -> None:
    assert count_matches(["a", "a", "b"], ["a", "b", "c"], lambda one, other: one == other) == 2
