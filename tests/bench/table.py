"""Results as a table: aligned text for a terminal, Markdown for the README."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from tests.bench.result import Of, Result

HEADER = ("what", "measured", "beside", "goal", "")


def as_text(title: str, results: Iterable[Result]) -> str:
    """One measurement's lines under its title."""
    notes, rows = [""], [HEADER]
    for result in results:
        notes.append(f"\n    {result.note}" if result.note else "")
        rows.append(_cells(result))
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"== {title}", *(line + note for line, note in zip(lines, notes, strict=True))])


def as_markdown(parts: Sequence[tuple[str, Sequence[Result]]]) -> str:
    """Every measurement in one table."""
    lines = ["| what | measured | beside | goal | |", "|---|---|---|---|---|"]
    for title, results in parts:
        lines.append(f"| **{title}** | | | | |")
        lines += [_markdown_line(result) for result in results]
    return "\n".join(lines)


def _markdown_line(result: Result) -> str:
    name, *others = _cells(result)
    name = f"{name} ({result.note})" if result.note else name
    return f"| {' | '.join(cell.replace('|', '/') for cell in (name, *others))} |"


def _cells(result: Result) -> tuple[str, str, str, str, str]:
    beside = f"{_number(result.ratio)} × {result.beside}" if result.ratio is not None else result.beside
    return (result.name, f"{_number(result.value)} {result.unit}".strip(), beside, _goal(result), _met(result.met))


def _goal(result: Result) -> str:
    goal = result.goal
    if goal is None:
        return ""
    unit = "×" if goal.of is Of.RATIO else result.unit
    return f"{goal.compare} {_number(goal.limit)} {unit}".strip()


def _met(met: bool | None) -> str:
    if met is None:
        return ""
    return "met" if met else "NOT MET"


def _number(value: float) -> str:
    """Three digits that matter, thousands set off."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _fit(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))
