"""Where an operator's trained pipeline helps: names that no table holds, and who is the subject or object of a verb."""

from collections.abc import Iterable, Sequence

from streams.detection.normalise import Folded
from streams.detection.text import Parsed
from streams.detection.units import Unit
from streams.messages import Field, Mention


def further_mentions(text: str, field: Field, known: Sequence[Mention], parsed: Parsed) -> tuple[Mention, ...]:
    """The known mentions with the pipeline's beside them: what a table knows stays as it is, the rest has no id."""
    taken = [(mention.start, mention.end) for mention in known]
    added = [
        Mention(field=field, start=start, end=end, text=text[start:end], kind=kind, name=text[start:end])
        for start, end, kind in parsed.names
        if text[start:end].strip() and not any(first < end and start < last for first, last in taken)
    ]
    return tuple(sorted((*known, *added), key=lambda mention: mention.start))


def tie_by_arguments(units: Iterable[Unit], folded: Folded, parsed: Parsed) -> None:
    """Give names that no preposition, case or particle ties the link that the pipeline's parser sees."""
    for unit in units:
        if not unit.cls or unit.link not in ("", "bare"):
            continue
        first, last = folded.back(unit.start, unit.end)
        links = {link for start, end, link in parsed.arguments if first <= start and end <= last}
        if len(links) == 1:
            unit.link = links.pop()
