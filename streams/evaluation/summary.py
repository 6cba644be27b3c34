"""The figures as tables for people and as one document for programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from streams.evaluation.calibration import Bin, Calibration
from streams.evaluation.labels import MAIN_TYPES
from streams.evaluation.scoring import Counts, Report
from streams.terminal import Row, columns

_DERIVED = ("precision", "recall", "f1", "accuracy")


@dataclass(frozen=True, slots=True)
class Identification:
    """How many texts are taken for another language when nobody says which it is, by the length of the text."""

    texts: int
    wrong: int
    longer: int
    longer_wrong: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All that an evaluation says about one part of the labelled texts."""

    report: Report
    calibration: Calibration
    identification: Identification


def document(value: object) -> object:
    """Figures as JSON: fields and what follows from them."""
    if is_dataclass(value):
        found = {field.name: document(getattr(value, field.name)) for field in fields(value)}
        found |= {name: document(getattr(value, name)) for name in _DERIVED if hasattr(value, name)}
        return found
    if isinstance(value, Mapping):
        return {str(key): document(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [document(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def tables(summary: Summary) -> str:
    """All tables, each under its heading."""
    parts = [
        f"{summary.report.texts} texts ({', '.join(f'{name} {n}' for name, n in summary.report.sets.items())})"
        + (f", {summary.report.missing} without a prediction" if summary.report.missing else ""),
        *_detection(summary.report),
        *_others(summary.report),
        _status(summary.report),
        _roles(summary.report),
        *_variants(summary.report),
        _calibration(summary.calibration),
        _identification(summary.identification),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _detection(report: Report) -> Iterable[str]:
    for kind in MAIN_TYPES:
        detection = report.detection[kind]
        rows = [_counts(code, counts) for code, counts in detection.by_language.items()]
        rows += [_counts("all", detection.all), _counts("clear cases", detection.clear)]
        if len(detection.by_set) > 1:
            rows += [_counts(f"set {name}", counts) for name, counts in detection.by_set.items()]
        near = ", ".join(f"{name} {raised} of {n}" for name, (raised, n) in detection.near_misses.items())
        told = f"\nraised on near-misses: {near}" if near else ""
        yield f"{kind}\n{columns(rows).rstrip()}{told}"


def _counts(name: str, counts: Counts) -> Row:
    return {
        "": name, "texts": counts.n, "positive": counts.positive, "hit": counts.hit, "alarm": counts.false_alarm,
        "missed": counts.missed, "p": _number(counts.precision), "r": _number(counts.recall), "f1": _number(counts.f1),
    }  # fmt: skip


def _others(report: Report) -> Iterable[str]:
    if not report.micro.n:
        return
    rows = [
        {
            "type": kind, "positive": one.counts.positive, "hit": one.counts.hit, "missed": one.counts.missed,
            "on_none": one.on_none, "on_other": one.on_other, "open": f"{one.open[0]} of {one.open[1]}",
            "p": _number(one.counts.precision), "r": _number(one.counts.recall), "f1": _number(one.counts.f1),
        }
        for kind, one in report.other.items()
    ]  # fmt: skip
    yield f"other types\n{columns(rows)}macro F1 {_number(report.macro)}, micro F1 {_number(report.micro.f1)}"
    by_language = [
        {"f1": kind, **{code: _number(counts.f1) for code, counts in codes.items()}}
        for kind, codes in report.other_by_language.items()
    ]
    yield f"other types by language\n{columns(by_language)}"


def _status(report: Report) -> str:
    rows = [
        {
            "type": kind, "n": one.n, "accuracy": _number(one.accuracy), "strict": _number(_ratio(one.strict, one.n)),
            "labelled → found": ", ".join(f"{pair} {n}" for pair, n in one.pairs.items()),
        }
        for kind, one in report.status.items()
    ]  # fmt: skip
    return f"status of what is rightly raised\n{columns(rows)}"


def _roles(report: Report) -> str:
    rows = [
        {
            "role": role, "texts": one.texts, "labelled": one.labelled, "found": one.found, "hit": one.hit,
            "p": _number(one.precision), "r": _number(one.recall), "f1": _number(one.f1),
        }
        for role, one in report.roles.items()
    ]  # fmt: skip
    return f"roles of what is rightly raised\n{columns(rows)}"


def _variants(report: Report) -> Iterable[str]:
    categories: dict[str, list[str]] = {}
    for name, (good, n) in report.variants.items():
        category, _, variant = name.partition(": ")
        categories.setdefault(category, []).append(f"{variant} {good} of {n}")
    if categories:
        lines = (f"{category}: {', '.join(told)}" for category, told in categories.items())
        yield "right by variant\n" + "\n".join(lines)


def _calibration(calibration: Calibration) -> str:
    def row(name: str, one: Bin) -> Row:
        return {
            "confidence": name, "n": one.n, "mean": _number(one.sureness), "right": one.right,
            "share": _number(one.precision),
        }  # fmt: skip

    rows = [row(f"{one.low:.1f} – {one.high:.1f}", one) for one in calibration.bins]
    rows.append(row(f"from {calibration.sure.low:.1f}", calibration.sure))
    return f"calibration: confidence of raised events, and how many are right\n{columns(rows)}" + (
        f"mean gap {_number(calibration.error)}"
    )


def _identification(told: Identification) -> str:
    return (
        f"language wrong on {told.wrong} of {told.texts} texts,"
        f" on {told.longer_wrong} of the {told.longer} over 40 characters"
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def identified(pairs: Sequence[tuple[int, bool]]) -> Identification:
    """Sum up pairs of a text's length and whether its language was told right."""
    longer = [right for length, right in pairs if length > 40]
    return Identification(len(pairs), sum(not right for _, right in pairs), len(longer), longer.count(False))
