"""What was found in an article, in short, for tables of sentences."""

from streams.messages import Annotated


def meetings(annotated: Annotated) -> list[tuple[str, frozenset[str | None]]]:
    """The meetings of an article: status, and the states of those who meet."""
    return [
        (event.status, frozenset(filler.country for filler in event.roles["participant"]))
        for event in annotated.events
        if event.type == "leader_meeting"
    ]


def transfers(annotated: Annotated) -> list[tuple[str, str, str]]:
    """The transfers of an article: status, suppliers, recipients, each side as `DE+FR`."""
    return [
        (
            event.status,
            "+".join(sorted(str(filler.country) for filler in event.roles["supplier"])),
            "+".join(sorted(str(filler.country) for filler in event.roles["recipient"])),
        )
        for event in annotated.events
        if event.type == "arms_transfer"
    ]
