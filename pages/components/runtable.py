"""Every run in one table: how it stands to the labels, how whole it is, and what made it."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from core.schema import RunInfo
from core.scorers.spec import SCORERS
from core.views.results import ScoredRun, ScoredRuns, Share
from pages.components.words import interval, percent, visible

KEY = "run"
"""Of the choice of a run, in the link too."""
_TURN = "runs_turn"
REVISION_CHARS = 8
_PERCENT = ("With labels", "With gold", "Equal", "Prefers longer", "Truncated")
_MARGINS = {
    "explicit_margin": "rewards",
    "implicit_margin": "implicit margin",
    "length_normalised_margin": "mean log-probability",
}


def show(seen: ScoredRuns) -> None:
    """Draw the table; a row that is chosen is the run that is shown below."""
    # A new key takes the table's own mark away when the box below it chose another run. A mark
    # from the start (`selection_default`) would leave the table without keys.
    key = f"runs_{st.session_state.get(_TURN, 0)}"
    st.dataframe(
        _table(seen),
        key=key,
        hide_index=True,
        on_select=lambda: _chosen(seen, key),
        selection_mode="single-row",
        placeholder="–",
        column_config={
            "Run": st.column_config.TextColumn("Run", pinned=True, width=190),
            "Pairs": st.column_config.ProgressColumn(
                "Pairs", format="%.0f %%", min_value=0.0, max_value=100.0, width=110
            ),
            **{n: st.column_config.NumberColumn(n, format="%.1f %%") for n in _PERCENT},
            **{
                n: st.column_config.NumberColumn(n, format="localized")
                for n in ("Failed", "Tokens/s")
            },
        },
        alt="Every run of the store",
    )


def legend(seen: ScoredRuns) -> None:
    """Say what the columns are, and what to hold the length against."""
    longer = seen.longer_labelled
    st.caption(
        "Of the whole store, whatever the filter says. **With labels**: pairs where the run "
        "prefers the chosen response, those it finds **equal** left out, with the 95 % interval. "
        "**Pairs**: labelled pairs whose two responses it has scored. **Prefers longer**: pairs "
        f"where the longer response gets more; the labels prefer it in {percent(longer.value)}. "
        "Choose a row by its box at the left, or with Shift and Space, to see it closely below."
    )


def turn() -> None:
    """Take the table's mark away: a run was chosen elsewhere; only in a callback."""
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _chosen(seen: ScoredRuns, key: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        st.session_state[KEY] = seen.runs[rows[0]].info.run_id


def _table(seen: ScoredRuns) -> pa.Table:
    runs, infos = seen.runs, [run.info for run in seen.runs]
    return pa.table(
        {
            "Run": [name(run.info) for run in runs],
            "With labels": _values([run.agreement for run in runs]),
            "95 %": [interval(run.agreement) for run in runs],
            "With gold": _values([run.gold_agreement for run in runs]),
            "Pairs": _numbers([_part(r.covered, seen.rows) if r.column else None for r in runs]),
            "Equal": _values([run.ties for run in runs]),
            "Prefers longer": _values([run.longer for run in runs]),
            "Read from": [_read_from(run) for run in runs],
            "Truncated": _numbers([_part(i.truncated, i.responses) for i in infos]),
            "Failed": pa.array([i.failed for i in infos], pa.int64()),
            "Tokens/s": _numbers([speed(i) for i in infos]),
            "Scorer": [visible(i.scorer) for i in infos],
            "Model": _texts([i.model for i in infos]),
            "Revision": _texts([i.revision and i.revision[:REVISION_CHARS] for i in infos]),
            "Numbers": _texts([i.dtype for i in infos]),
            "Device": _texts([i.device for i in infos]),
        }
    )


def name(info: RunInfo) -> str:
    """Return a run's name, with what must be known before it is trusted."""
    return info.run_id + (" (leaks)" if info.leaks_label else "")


def speed(info: RunInfo) -> float | None:
    """Return tokens a second, None where either is unknown."""
    if info.tokens is None or not info.seconds:
        return None
    return round(info.tokens / info.seconds)


def _part(part: int | None, whole: int) -> float | None:
    """Return a part in per cent."""
    return 100 * part / whole if part is not None and whole else None


def _values(shares: list[Share]) -> pa.Array:
    return _numbers([_part(share.k, share.n) for share in shares])


def _numbers(values: list[float | None]) -> pa.Array:
    return pa.array(values, pa.float64())


def _texts(texts: list[str | None]) -> pa.Array:
    return pa.array([visible(text) if text else None for text in texts], pa.string())


def _read_from(run: ScoredRun) -> str:
    if run.info.scorer in SCORERS.names() and SCORERS.get(run.info.scorer).of_pairs:
        return "verdicts"
    signal = (run.column or "").removesuffix(f"_{run.info.run_id}")
    return _MARGINS.get(signal, "no margin")
