"""Finds contradictions in the tables."""

from streams.knowledge.records import Knowledge


def problems(knowledge: Knowledge) -> list[str]:
    """Every contradiction, one sentence each."""
    return [f"{iso} has no name" for iso, country in knowledge.countries.items() if not country.name]
