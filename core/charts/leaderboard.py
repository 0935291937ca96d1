"""Detectors by how well they find planted flips: a dot and an interval each."""

from __future__ import annotations

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.agreement import middle
from core.charts.theme import INKS, Theme, figure, mark_vertical, plain
from core.schema.trials import MEASURES, DetectorScore, Measure, Trial
from core.views.trial import in_doubt, ranked

ROW_PIXELS = 28
MOST_ROWS = 40
"""Of the chart; the table has all."""
NAME_CHARS = 36
PLANTED, REAL = "planted flips", "real noise, by gold"
_HEADS = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "precision_at_k": "precision at k",
    "recall_at_k": "recall at k",
    "noise_rate": "noise rate",
    "noise_error": "error of the rate",
    "noise_rise": "rise of the rate",
    "brier": "Brier",
    "ece": "ECE",
    "gold_auroc": "AUROC, real noise",
}


def leaderboard_figure(trial: Trial, theme: Theme) -> go.Figure:
    """Draw the AUROC of every detector, the best on top; a diamond is what gold knows of.

    The dotted line is chance. A circle and a diamond are told apart without colour.
    """
    board = ranked(trial)[:MOST_ROWS]
    names = [plain(_label(one, trial)) for one in board]
    y = {
        "tickvals": list(range(len(board))),
        "ticktext": names,
        "range": [len(board) - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
    }
    chart = figure(theme, {"title": "AUROC, with 90 % interval"}, y, 90 + ROW_PIXELS * len(board))
    mark_vertical(chart, theme, 0.5, "dot")
    ink = INKS[theme]
    chart.add_trace(_dots(board, "auroc", PLANTED, ink.palette[0], "circle", 0.0))
    if any(one.measures["gold_auroc"].value is not None for one in board):
        chart.add_trace(_dots(board, "gold_auroc", REAL, ink.palette[1], "diamond-open", 0.25))
        chart.update_layout(showlegend=True)
    return chart


def leaderboard_table(trial: Trial) -> pa.Table:
    """Return one row per detector with every measure and its interval."""
    board = ranked(trial)
    columns: dict[str, object] = {
        "detector": [one.title for one in board],
        "pairs": [one.rows for one in board],
        "copies": [one.seeds for one in board],
    }
    for name in MEASURES:
        found = [one.measures[name] for one in board]
        columns[_HEADS[name]] = pa.array([m.value for m in found], pa.float64())
        columns[f"{_HEADS[name]}, 90 %"] = [_interval(m) for m in found]
    return pa.table(columns)


def leaderboard_text(trial: Trial) -> str:
    """Return the chart in words: the best detector, and who cannot be told from it."""
    board = ranked(trial)
    if not board:
        return "No detector said anything about these labels."
    if len(board) > MOST_ROWS:
        return f"{_best(trial, board)} Shown are the best {MOST_ROWS} of {len(board)}."
    return _best(trial, board)


def _best(trial: Trial, board: tuple[DetectorScore, ...]) -> str:
    best, near = board[0], len(in_doubt(trial))
    few = f" on the {best.rows:,} pairs that it speaks about" if best.rows < trial.rows else ""
    said = f"{best.title} ranks the planted flips best, with an AUROC of {_said(best)}{few}"
    others = len(board) - 1
    if not others:
        return f"{said}. It is the only detector."
    if others == 1:
        told = "has an interval that overlaps with its own" if near else "is clearly behind"
        return f"{said}; the other one {told}."
    if not near:
        return f"{said}; the {others} others are clearly behind."
    return f"{said}; the intervals of {near} of the {others} others overlap with its own."


def _label(one: DetectorScore, trial: Trial) -> str:
    """Return a detector's name, and where it does not speak about all pairs or copies, how many."""
    few = [f"n {one.rows:,}"] if one.rows < trial.rows else []
    few += [f"{one.seeds} of {trial.seeds} copies"] if one.seeds < trial.seeds else []
    return middle(one.title, NAME_CHARS) + (f" ({', '.join(few)})" if few else "")


def _said(one: DetectorScore) -> str:
    measure = one.measures["auroc"]
    interval = _interval(measure)
    return f"{measure.value or 0.0:.3f}{f' ({interval})' if interval else ''}"


def _interval(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return f"{measure.low:.3f} to {measure.high:.3f}"


def _dots(
    board: tuple[DetectorScore, ...],
    name: str,
    title: str,
    colour: str,
    symbol: str,
    below: float,
) -> go.Scatter:
    known = [(i, one) for i, one in enumerate(board) if one.measures[name].value is not None]
    found = [one.measures[name] for _, one in known]
    return go.Scatter(
        x=[round(m.value or 0.0, 4) for m in found],
        y=[i + below for i, _ in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(m.high, m.value) for m in found],
            "arrayminus": [_reach(m.value, m.low) for m in found],
            "thickness": 1.5,
            "width": 4,
        },
        name=title,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 9},
        customdata=[
            f"{plain(one.title)}, {one.rows:,} pairs<br>{title}: {m.value or 0.0:.3f}"
            f"{' (' + _interval(m) + ')' if _interval(m) else ''}"
            for (_, one), m in zip(known, found, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _reach(high: float | None, low: float | None) -> float:
    """Return the length of an error bar; intervals of few rows can miss the mean."""
    return max(0.0, round(high - low, 4)) if high is not None and low is not None else 0.0
