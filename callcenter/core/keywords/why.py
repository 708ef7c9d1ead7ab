"""Why a flag was raised, in one English sentence an agent understands. The page translates category and rule
titles itself; this is the evidence line."""

from callcenter.core.keywords.index import Candidate


def why(hit: Candidate, matched: str) -> str:
    """Which words matched which pattern of which rule, and how."""
    title = hit.rule.title.get("en", hit.rule.id)
    how = "sounds like" if hit.by_sound else "matches"
    return f'{title}: "{matched}" {how} the pattern "{hit.pattern.source}"'
