"""The figures of an evaluation against those that were worked out by hand for invented texts."""

import pytest

from streams.evaluation.calibration import calibrate, judged
from streams.evaluation.labels import Label, Told
from streams.evaluation.names import Names
from streams.evaluation.scoring import Counts, Item, Report, mistakes, score
from streams.evaluation.summary import Identification, Summary, document, identified, tables
from streams.knowledge import load
from streams.messages import Annotated, Event, Filler, Span, Status

SPAN = Span(field="text", start=0, end=1, text="x")
OTHER_TYPES = ("protest", "sanctions", "treaty")


def event(kind: str, status: Status, confidence: float = 0.9, **roles: tuple[Filler, ...]) -> Event:
    return Event(type=kind, status=status, roles=roles, trigger=SPAN, evidence=SPAN, confidence=confidence)


def person(name: str, entity: str | None = None) -> Filler:
    return Filler(entity=entity, name=name, country="XX")


def state(code: str, name: str = "") -> Filler:
    return Filler(name=name, country=code)


def label(**fields: object) -> Label:
    return Label(**{"id": "1", "text": "x", "lang": "de", "set": "invented", **fields})  # type: ignore[arg-type]


def item(gold: Label, *events: Event) -> Item:
    return Item(gold, Annotated(id=gold.id, text="x", events=events))


def scored(*items: Item) -> Report:
    return score(items, OTHER_TYPES, Names(load(None)))


MEETING = {"is_leader_meeting": True, "is_arms_transfer": False, "meeting_status": "happened"}
TRANSFER = {"is_leader_meeting": False, "is_arms_transfer": True, "transfer_status": "delivered"}
NEITHER = {"is_leader_meeting": False, "is_arms_transfer": False}


def test_detection_counts_texts_raised_by_what_has_occurred_or_is_planned() -> None:
    report = scored(
        item(label(id="a", **MEETING), event("leader_meeting", "occurred")),
        item(label(id="b", lang="en", **MEETING), event("leader_meeting", "planned")),
        item(label(id="c", **MEETING, borderline=True), event("leader_meeting", "denied")),
        item(label(id="d", **NEITHER), event("leader_meeting", "occurred"), event("leader_meeting", "planned")),
        item(label(id="e", lang="en", **NEITHER), event("leader_meeting", "possible")),
        item(label(id="f", event_type="protest"), event("leader_meeting", "occurred")),
    )
    meetings = report.detection["leader_meeting"]
    assert meetings.all == Counts(n=5, positive=3, hit=2, false_alarm=1, missed=1)
    assert meetings.clear == Counts(n=4, positive=2, hit=2, false_alarm=1, missed=0)
    assert meetings.by_language == {"de": Counts(3, 2, 1, 1, 1), "en": Counts(2, 1, 1, 0, 0)}
    assert (meetings.all.precision, meetings.all.recall, meetings.all.f1) == (2 / 3, 2 / 3, 2 / 3)
    assert report.detection["arms_transfer"].all == Counts(5, 0, 0, 0, 0)
    assert report.detection["arms_transfer"].all.f1 is None


def test_a_text_without_a_prediction_has_no_event() -> None:
    report = scored(Item(label(**MEETING), None))
    assert (report.missing, report.detection["leader_meeting"].all.missed) == (1, 1)


def test_near_misses_are_told_by_kind() -> None:
    report = scored(
        item(label(id="a", **NEITHER, meeting_status="denied"), event("leader_meeting", "occurred")),
        item(label(id="b", **NEITHER, meeting_status="denied")),
        item(label(id="c", **NEITHER, meeting_status="happened", meeting_mode="phone")),
        item(label(id="d", **NEITHER, transfer_status="requested"), event("arms_transfer", "planned")),
        item(label(id="e", **NEITHER), event("arms_transfer", "planned")),
    )
    assert report.detection["leader_meeting"].near_misses == {"denied": (1, 2), "phone": (0, 1)}
    assert report.detection["arms_transfer"].near_misses == {"requested": (1, 1)}


@pytest.mark.parametrize(
    ("stage", "status", "right", "strict"),
    [
        ("announced", "occurred", 1, 1),
        ("approved", "planned", 1, 1),
        ("delivered", "planned", 1, 0),
        ("ongoing", "occurred", 1, 1),
        ("planned", "occurred", 0, 0),
    ],
)
def test_the_status_of_a_transfer(stage: str, status: Status, right: int, strict: int) -> None:
    gold = label(**{**TRANSFER, "transfer_status": stage})
    told = scored(item(gold, event("arms_transfer", status))).status["arms_transfer"]
    assert (told.n, told.right, told.strict) == (1, right, strict)


def test_the_status_is_that_of_the_surest_event() -> None:
    found = event("leader_meeting", "planned", 0.6), event("leader_meeting", "occurred", 0.7)
    told = scored(item(label(**MEETING), *found)).status["leader_meeting"]
    assert (told.right, told.pairs) == (1, {"happened → occurred": 1})


def test_roles_are_counted_over_all_events_of_what_is_rightly_raised() -> None:
    gold = label(**MEETING, leaders=("Emmanuel Macron", "Olaf Scholz"))
    found = (
        event("leader_meeting", "occurred", participant=(person("Макрон"), person("Giorgia Meloni"))),
        event("leader_meeting", "planned", participant=(person("Scholz'"), state("DE", "Germany"))),
    )
    leaders = scored(item(gold, *found)).roles["leaders"]
    assert (leaders.texts, leaders.labelled, leaders.found, leaders.hit) == (1, 2, 3, 2)
    assert (leaders.precision, leaders.recall, leaders.f1) == (2 / 3, 1.0, 0.8)


@pytest.mark.parametrize(
    ("supplier", "filler", "hits"),
    [
        ("Germany", state("DE"), 1),
        ("Germany", state("FR"), 0),
        ("the United States", Filler(name="USA"), 1),
        ("Houthis", state("YE"), 1),
        ("Syrian rebels", state("SY"), 1),
        ("Syrian rebels", Filler(name="повстанцы"), 1),
        ("Iraq (Kurds)", Filler(name="Kurden"), 1),
        ("Iraq (Kurds)", Filler(name="rebels"), 0),
    ],
)
def test_parties_are_states_or_groups_by_any_of_their_names(supplier: str, filler: Filler, hits: int) -> None:
    found = event("arms_transfer", "occurred", supplier=(filler,))
    score_ = scored(item(label(**TRANSFER, supplier=(supplier,)), found)).roles["supplier"]
    assert (score_.labelled, score_.found, score_.hit) == (1, 1, hits)


def test_what_the_words_do_not_say_is_scored_apart_and_what_is_no_party_not_at_all() -> None:
    gold = label(**TRANSFER, supplier=("Germany",), recipient=("Gulf states",), args_implied=True)
    roles = scored(item(gold, event("arms_transfer", "occurred", supplier=(state("DE"),)))).roles
    assert (roles["supplier"].texts, roles["supplier with implied"].hit) == (0, 1)
    assert roles["recipient with implied"].texts == 0


def test_other_types_count_the_main_event_of_a_text() -> None:
    report = scored(
        item(label(id="a", event_type="protest", event_status="happened"), event("protest", "occurred")),
        item(label(id="b", event_type="protest", event_status="happened"), event("treaty", "occurred")),
        item(label(id="c", event_type="none"), event("protest", "planned")),
        item(label(id="d", event_type="protest", event_status="called_for"), event("protest", "planned")),
        item(label(id="e", event_type="sanctions", event_status="happened"), event("protest", "occurred")),
    )
    protest = report.other["protest"]
    assert protest.counts == Counts(n=4, positive=2, hit=1, false_alarm=2, missed=1)
    assert (protest.on_none, protest.on_other, protest.open) == (1, 1, (1, 1))
    assert report.other["treaty"].counts.false_alarm == 1
    assert report.macro == pytest.approx((2 / 5 + 0 + 0) / 3)
    assert report.micro.f1 == pytest.approx(2 / (2 + 3 + 2))


def test_a_gold_name_of_a_type_is_the_products() -> None:
    assert label(event_type="missile_or_nuclear_test").other == "missile_test"


def test_variants_want_all_types_right() -> None:
    report = scored(
        item(label(id="a", **NEITHER, category="hard_negative", variant="phone")),
        item(label(id="b", **NEITHER, category="hard_negative", variant="phone"), event("arms_transfer", "planned")),
        item(label(id="c", **NEITHER, category="other_event", variant="plain", event_type="protest")),
    )
    assert report.variants == {"hard_negative: phone": (1, 2), "other_event: plain": (0, 1)}


@pytest.mark.parametrize(
    ("gold", "kind", "verdict"),
    [
        (label(**MEETING), "leader_meeting", True),
        (label(event_type="none"), "leader_meeting", None),
        (label(event_type="none"), "protest", False),
        (label(event_type="protest"), "protest", True),
        (label(event_type="protest", event_status="ended"), "protest", None),
        (label(event_type="protest"), "treaty", None),
        (label(event_type="protest", events=(Told("protest", "occurred"),)), "treaty", False),
        (label(event_type="protest", events=(Told("treaty", "planned"),)), "treaty", True),
        (label(event_type="protest", events=(Told("treaty", "background"),)), "treaty", False),
    ],
)  # fmt: skip
def test_whether_an_event_is_right_as_far_as_the_label_says(gold: Label, kind: str, verdict: bool | None) -> None:
    assert gold.verdict(kind) is verdict


def test_calibration_sets_confidence_against_truth() -> None:
    sure = [item(label(id=str(n), **MEETING), event("leader_meeting", "occurred", 0.85)) for n in range(3)]
    wrong = item(label(id="w", **NEITHER), event("leader_meeting", "occurred", 0.8))
    low = item(label(id="l", **NEITHER), event("leader_meeting", "planned", 0.31), event("protest", "occurred", 0.99))
    table = calibrate(judged([*sure, wrong, low], ("leader_meeting", "protest")))
    assert [(one.low, one.n, one.right) for one in table.bins] == [(0.3, 1, 0), (0.8, 4, 3)]
    assert (table.sure.n, table.sure.right, table.sure.precision) == (4, 3, 0.75)
    assert table.error == pytest.approx((1 * 0.31 + 4 * (0.8375 - 0.75)) / 5)


def test_mistakes_are_told_by_id_and_their_texts_only_when_asked_for() -> None:
    items = [
        item(label(id="a", **MEETING), event("leader_meeting", "denied")),
        item(label(id="b", **NEITHER), event("leader_meeting", "occurred")),
        item(label(id="c", event_type="protest", event_status="called_for"), event("protest", "planned")),
    ]
    found = mistakes(items, OTHER_TYPES)
    assert [(one.id, one.type, one.mistake, one.text) for one in found] == [
        ("b", "leader_meeting", "false alarm", None),
        ("a", "leader_meeting", "missed", None),
    ]
    assert found[1].events == ("leader_meeting denied 0.90",)
    assert {one.text for one in mistakes(items, OTHER_TYPES, texts=True)} == {"x"}


def test_language_is_judged_apart_for_texts_long_enough_to_tell() -> None:
    assert identified([(40, False), (41, True), (90, False)]) == Identification(3, 2, 2, 1)


def test_tables_and_document_say_the_same() -> None:
    items = [item(label(**MEETING), event("leader_meeting", "occurred"))]
    summary = Summary(scored(*items), calibrate(judged(items, ("leader_meeting",))), identified([(50, True)]))
    told = document(summary)
    assert isinstance(told, dict)
    assert told["report"]["detection"]["leader_meeting"]["all"]["f1"] == 1.0
    assert told["calibration"]["sure"] == {
        "low": 0.8,
        "high": 1.0,
        "n": 1,
        "sureness": 0.9,
        "right": 1,
        "precision": 1.0,
    }
    assert "leader_meeting  1  1.000" in tables(summary)
