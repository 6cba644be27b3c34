"""The command `tocsin eval`: labelled texts in, the figures of the detection out."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from streams.errors import Problem, UsageError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.detector import Detector
    from streams.evaluation.labels import Label
    from streams.evaluation.names import Names
    from streams.evaluation.scoring import Item
    from streams.evaluation.summary import Summary


def register(app: typer.Typer) -> None:
    """Add the command to `tocsin`."""
    app.command("eval")(_eval)


def _eval(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled texts, one JSON object a line.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Score this output of `tocsin detect` instead of detecting.")
    ] = None,
    errors: Annotated[Path | None, typer.Option(help="Write each false alarm and miss to this file, by id.")] = None,
    texts: Annotated[bool, typer.Option("--texts", help="With --errors: the texts too.")] = False,
    unread: Annotated[
        str, typer.Option(metavar="DIGITS", help="Report texts apart whose id ends in one of these; never in --errors.")
    ] = "",
    language: Annotated[str, typer.Option(metavar="CODES", help="Only these languages, like de,en.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Score the detection on labelled texts: precision, recall, status, roles, calibration.

    \b
    Examples:
      tocsin eval labelled.jsonl
      tocsin eval labelled.jsonl --unread 012 --errors errors.jsonl
      tocsin detect articles.jsonl > found.jsonl; tocsin eval labelled.jsonl --predictions found.jsonl
    """
    from streams.detector import Detector
    from streams.evaluation.labels import read_labels
    from streams.evaluation.names import Names
    from streams.knowledge import load

    settings: Settings = ctx.obj
    if texts and errors is None:
        raise UsageError("--texts: goes with --errors FILE")
    labels, problems = read_labels(files)
    wanted = [label for label in labels if not language or label.lang in language.split(",")]
    if not wanted:
        _complain(problems)
        raise UsageError(f"{', '.join(map(str, files))}: no labelled text to score")
    detector = Detector(languages=settings.detect.languages, definitions=settings.detect.definitions)
    types = _types(wanted, detector)
    items, bad = _items(wanted, detector, predictions)
    _complain([*problems, *bad])
    apart = [item for item in items if item.label.id[-1:] in unread]
    seen = [item for item in items if item.label.id[-1:] not in unread]
    if errors is not None:
        _write_mistakes(errors, seen, types, texts=texts)
    parts = {"read": seen, "unread": apart} if unread else {"": seen}
    names = Names(load(settings.detect.definitions))
    _print({name: _summary(part, detector, names, types) for name, part in parts.items()}, as_json=as_json)
    raise typer.Exit(1 if problems or bad else 0)


def _complain(problems: Sequence[Problem]) -> None:
    """Say of each line that cannot be used where it stands and why; the rest is scored."""
    for problem in problems:
        print(f"tocsin: {problem}", file=sys.stderr)


def _types(labels: "Sequence[Label]", detector: "Detector") -> list[str]:
    """The types besides the main ones: the detector's, and what the labels name. One that no definition has is told."""
    from streams.evaluation.labels import MAIN_TYPES

    known = {event_type.name for event_type in detector.types}
    named = Counter(label.other for label in labels if label.other not in (None, "none"))
    for kind, count in named.items():
        if kind not in known:
            print(f"tocsin: {kind} is no event type that is looked for; {count} texts are labelled so", file=sys.stderr)
    return sorted((known | {kind for kind in named if kind is not None}) - set(MAIN_TYPES))


def _items(
    labels: "Sequence[Label]", detector: "Detector", predictions: Path | None
) -> "tuple[list[Item], list[Problem]]":
    from streams.evaluation.labels import read_predictions
    from streams.evaluation.scoring import Item

    if predictions is None:
        return [Item(label, detector.detect(label.article())) for label in labels], []
    found, bad = read_predictions(predictions)
    return [Item(label, found.get(label.id)) for label in labels], bad


def _write_mistakes(file: Path, items: "Sequence[Item]", types: Sequence[str], *, texts: bool) -> None:
    from streams.evaluation.scoring import mistakes

    found = mistakes(items, types, texts=texts)
    try:
        with file.open("wb") as out:
            for one in found:
                out.write(msgspec.json.encode(one) + b"\n")
    except OSError as error:
        raise UsageError(f"--errors: {file} cannot be written ({error.strerror})") from error
    print(f"tocsin: {len(found)} mistakes written to {file}", file=sys.stderr)


def _print(summaries: "dict[str, Summary]", *, as_json: bool) -> None:
    from streams.evaluation.summary import document, tables

    if as_json:
        parts = {name: document(summary) for name, summary in summaries.items()}
        print(json.dumps(parts.get("", parts), ensure_ascii=False))
        return
    for name, summary in summaries.items():
        print(f"{name} texts\n" if name else "", end="")
        print(tables(summary))


def _summary(items: "list[Item]", detector: "Detector", names: "Names", types: Sequence[str]) -> "Summary":
    from streams.evaluation.calibration import calibrate, judged
    from streams.evaluation.labels import MAIN_TYPES
    from streams.evaluation.scoring import score
    from streams.evaluation.summary import Summary, identified

    undeclared = [msgspec.structs.replace(item.label.article(), language=None) for item in items]
    pairs = [
        (len(article.text), detector.identify(article) == item.label.lang)
        for item, article in zip(items, undeclared, strict=True)
    ]
    return Summary(score(items, types, names), calibrate(judged(items, (*MAIN_TYPES, *types))), identified(pairs))
