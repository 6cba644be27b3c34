"""Training: what must come out for cases whose answer is known, the same every time, with signs that make sense."""

import math
from pathlib import Path

import pytest

from streams.detection.confidence import WEIGHTS_FILE, Weights, load_weights
from streams.detection.explanation import Explanation
from streams.detection.features import FEATURES, sign_of, words_of
from streams.errors import DefinitionError
from streams.evaluation.__main__ import written
from streams.evaluation.labels import Label, Told
from streams.evaluation.training import FOLDS, Case, cases_of, fit, fold_of, solve, train
from streams.messages import Article, Span

SPAN = Span(field="text", start=0, end=1, text="x")


def cases(name: str, right: int, wrong: int) -> list[Case]:
    truths = [True] * right + [False] * wrong
    return [Case({name: 1.0}, truth, True, number % FOLDS) for number, truth in enumerate(truths)]


def test_equations_are_solved() -> None:
    assert solve([[0.0, 2.0], [1.0, 1.0]], [4.0, 5.0]) == pytest.approx([3.0, 2.0])


def test_without_features_the_share_of_what_is_right_comes_out() -> None:
    bias, weights = fit([Case({}, True, True, 0)] * 3 + [Case({}, False, True, 0)], 1.0)
    assert (1 / (1 + math.exp(-bias)), weights) == (pytest.approx(0.75, abs=1e-4), {})


def test_what_goes_with_being_right_adds_to_it_and_less_so_under_a_higher_penalty() -> None:
    known = cases("retold", 9, 1) + cases("late", 3, 7)
    _, weights = fit(known, 0.5)
    _, damped = fit(known, 8.0)
    assert weights["retold"] > damped["retold"] > 0 > damped["late"] > weights["late"]


def test_a_feature_with_the_wrong_sign_is_left_out() -> None:
    _, weights = fit(cases("weak_word", 9, 1) + cases("retold", 1, 9), 1.0)
    assert not weights


def test_training_is_the_same_every_time_and_says_how_it_does_on_other_texts() -> None:
    known = cases("retold", 38, 2) + cases("late", 6, 34)
    first, second = train(known), train(known)
    assert written(first) == written(second)
    assert (first.cases, first.right) == (80, 44)
    assert first.weights.probability({"retold": 1.0}) > 0.7
    assert first.weights.probability({"late": 1.0}) < first.weights.threshold < 0.8
    assert first.f1 == pytest.approx(2 * 38 / (40 + 44))


def test_a_text_has_one_fold_for_ever() -> None:
    folds = [fold_of(Label(id=str(number), text="x", lang="de")) for number in range(200)]
    assert folds[:4] == [fold_of(Label(id=str(number), text="y", lang="en")) for number in range(4)]
    assert set(folds) == set(range(FOLDS))


def explanation(kind: str, status: str, confidence: float | None) -> Explanation:
    return Explanation(
        kind, None, "p", "meet", SPAN, SPAN, status, (), (), (), "r", confidence=confidence, features={"retold": 1.0}
    )


@pytest.mark.parametrize(
    ("label", "kind", "status", "right"),
    [
        ({"is_leader_meeting": True}, "leader_meeting", "planned", True),
        ({"is_leader_meeting": False}, "leader_meeting", "planned", False),
        ({"is_leader_meeting": False, "meeting_status": "denied"}, "leader_meeting", "denied", True),
        ({"is_leader_meeting": False}, "leader_meeting", "denied", False),
        ({"event_type": "none"}, "leader_meeting", "occurred", None),
        ({"event_type": "none"}, "protest", "possible", False),
        ({"event_type": "coup"}, "protest", "possible", None),
        ({"event_type": "coup", "events": (Told("protest", "possible"),)}, "protest", "possible", True),
    ],
)  # fmt: skip
def test_a_case_is_an_event_on_which_the_label_has_a_word(
    label: dict[str, object], kind: str, status: str, right: bool | None
) -> None:
    gold = Label(id="a", text="x", lang="de", **label)  # type: ignore[arg-type]

    def explain(_: Article) -> list[Explanation]:
        return [explanation(kind, status, 0.5), explanation(kind, status, None)]

    assert [case.right for case in cases_of([gold], explain)] == ([] if right is None else [right])


def test_the_weights_in_force_have_the_signs_that_they_must_have() -> None:
    weights = load_weights()
    assert 0 < weights.threshold < 0.8
    assert all(value * sign_of(name) >= 0 for name, value in weights.weights.items())
    assert all(words_of(name) for name in (*FEATURES, *weights.weights))


def test_more_evidence_never_makes_an_event_less_likely() -> None:
    weights = load_weights()
    bare = {"type:leader_meeting": 1.0, "status:occurred": 1.0}
    for name in FEATURES:
        change = weights.probability({**bare, name: 1.0}) - weights.probability(bare)
        assert change * sign_of(name) >= 0


def test_the_strongest_features_are_told_in_words() -> None:
    weights = Weights(0.0, 0.3, {"retold": 1.0, "late": -2.0, "crowded": -0.01})
    reasons = weights.reasons({"retold": 0.5, "late": 1.0, "crowded": 1.0, "unknown": 1.0})
    assert [(one.feature, one.adds) for one in reasons] == [("late", -2.0), ("retold", 0.5)]
    assert reasons[0].words == "it stands late in the text"


@pytest.mark.parametrize(
    ("line", "told"),
    [("nonsense\t1", "no feature"), ("late\tmuch", "no number"), ("late\t-1", "threshold")],
)
def test_a_file_of_weights_that_is_wrong_says_where(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "confidence.tsv"
    file.write_text(f"# head\nbias\t0\tx\n{line}\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=told):
        load_weights(file)


def test_what_training_writes_is_read_again(tmp_path: Path) -> None:
    fitted = train(cases("retold", 9, 1) + cases("late", 2, 8))
    file = tmp_path / "confidence.tsv"
    file.write_text(written(fitted), encoding="utf-8")
    assert load_weights(file) == fitted.weights
    assert WEIGHTS_FILE.exists()
