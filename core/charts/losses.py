"""Loss and gradient weight of one pair over the assumed share of reversed labels."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import DASHES, FONT_SIZE, INKS, SYMBOLS, Theme, figure
from core.schema import Floats
from core.views.calculator import METHODS, LossCurves

GAP = 0.14
"""Between the two panels, as a share of the width."""


def losses_figure(c: LossCurves, rate: float, theme: Theme) -> go.Figure:
    """Draw both panels, a line per method with its own dash and symbol; `rate` is marked."""
    chart = figure(theme, _share([0.0, 0.5 - GAP / 2]), {"title": "loss (nats)"}, height=320)
    title = {"text": "gradient weight", "font": {"size": FONT_SIZE}}
    across = {**chart.layout.xaxis.to_plotly_json(), "domain": [0.5 + GAP / 2, 1.0], "anchor": "y2"}
    up = {**chart.layout.yaxis.to_plotly_json(), "title": title, "anchor": "x2"}
    chart.update_layout(xaxis2=across, yaxis2=up, showlegend=True)
    chart.update_layout(margin={"t": 48}, legend={"y": 1.04, "itemsizing": "constant"})
    for axis, values in (("", c.losses), ("2", c.weights)):
        for place, name in enumerate(METHODS):
            chart.add_trace(_line(c, values[name], rate, place, axis, theme))
        _mark(chart, float(c.rates[c.at(rate)]), axis, theme)
    return chart


def losses_table(c: LossCurves) -> pa.Table:
    """Return one row per share."""
    columns: dict[str, Floats] = {"e": c.rates}
    columns |= {f"{name} loss": c.losses[name] for name in METHODS}
    return pa.table({**columns, **{f"{name} weight": c.weights[name] for name in METHODS}})


def losses_text(c: LossCurves, rate: float) -> str:
    """Return the curves in words: the numbers at `rate`."""
    at = c.at(rate)

    def told(values: Mapping[str, Floats]) -> str:
        return ", ".join(f"{name} {values[name][at]:.4f}" for name in METHODS)

    return (
        f"At an implicit margin of {c.margin:.3g} nats and e = {c.rates[at]:.2f}: loss "
        f"{told(c.losses)}; gradient weight {told(c.weights)}."
    )


def _share(domain: list[float]) -> dict[str, object]:
    return {"title": "assumed share e", "domain": domain, "tickformat": ".0%"}


def _line(
    c: LossCurves, values: Floats, rate: float, place: int, axis: str, theme: Theme
) -> go.Scatter:
    at, colour = c.at(rate), INKS[theme].palette[place]
    return go.Scatter(
        x=c.rates.tolist(),
        y=values.tolist(),
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        name=METHODS[place],
        legendgroup=METHODS[place],
        showlegend=not axis,
        mode="lines+markers",
        line={"color": colour, "width": 2, "dash": DASHES[place]},
        marker={
            "color": colour,
            "symbol": SYMBOLS[place],
            "size": [10 if i == at else 0 for i in range(len(values))],
            "opacity": 1,
        },
        hovertemplate=f"{METHODS[place]} at e = %{{x:.2f}}: %{{y:.4f}}<extra></extra>",
    )


def _mark(chart: go.Figure, rate: float, axis: str, theme: Theme) -> None:
    """Draw a quiet line at the share that is chosen, and 0 where the curves may cross it."""
    line = {"color": INKS[theme].quiet, "width": 1}
    ends = {"xref": f"x{axis}", "yref": f"y{axis} domain"}
    chart.add_shape(type="line", x0=rate, x1=rate, y0=0, y1=1, line={**line, "dash": "dot"}, **ends)
    chart.update_layout({f"yaxis{axis}": {"zeroline": True, "zerolinecolor": line["color"]}})
