"""WCAG 2.1 AA in both themes: 4.5 to 1 for text, 3 to 1 for what charts and controls are made of.

Colours are those of the theme, the charts and the styles themselves. What Streamlit draws with
them is measured in a browser (`tests/browser/test_accessible.py`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from core.charts.agreement import SHADES
from core.charts.theme import INKS, Theme
from pages.components import brand, style

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, in [0, 1]."""

THEMES: tuple[Theme, ...] = get_args(Theme)
CONFIG = tomllib.loads(
    (Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text("utf-8")
)["theme"]
TEXT, MARK = 4.5, 3.0
CAPTION = 0.6
"""Opacity with which Streamlit writes captions."""
CSS = style.CONTROLS + style.TEXTS + style.PICTURE + style.TABLES + style.HEAT


def read(text: str) -> Colour:
    """Read `#rrggbb` or `rgba(r,g,b,a)`."""
    if text.startswith("#"):
        return (*(int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)), 1.0)
    red, green, blue, opacity = (float(n) for n in re.findall(r"[\d.]+", text))
    return (red / 255, green / 255, blue / 255, opacity)


def over(top: str | Colour, ground: Colour, opacity: float = 1.0) -> Colour:
    """Return what is seen of a colour on an opaque ground."""
    colour = read(top) if isinstance(top, str) else top
    share = colour[3] * opacity
    mixed = [a * share + b * (1 - share) for a, b in zip(colour[:3], ground[:3], strict=True)]
    return (*mixed, 1.0)


def luminance(colour: Colour) -> float:
    """Return the relative luminance, as WCAG 2.1 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(top: str | Colour, ground: Colour, opacity: float = 1.0) -> float:
    """Return the contrast ratio of a colour on a ground, from 1 to 21."""
    light, dark = sorted((luminance(over(top, ground, opacity)), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def grounds(theme: Theme) -> dict[str, Colour]:
    """Return what text stands on: page and sidebar, and the boxes in them."""
    found = CONFIG[theme]
    return {
        f"{part} {name}": read(colours[name])
        for part, colours in (("page", found), ("sidebar", found["sidebar"]))
        for name in ("backgroundColor", "secondaryBackgroundColor")
    }


def rule(selector: str, property: str, theme: Theme) -> str:
    """Return the first colour that a rule of the styles gives a property."""
    body = re.search(rf"{re.escape(selector)}(?:,[^{{]*)?{{([^}}]*)}}", CSS)
    assert body, selector
    value = re.search(rf"(?:^|[;\s]){property}:([^;]*)", body[1])
    assert value, (selector, property)
    both = re.search(r"light-dark\((#\w+),(#\w+)\)", value[1])
    if both:
        return both[1 + THEMES.index(theme)]
    colour = re.search(r"#\w{6}|rgba\([^)]*\)", value[1])
    assert colour, (selector, property)
    return colour[0]


def page(theme: Theme) -> Colour:
    return read(CONFIG[theme]["backgroundColor"])


def test_the_measure_is_that_of_wcag() -> None:
    white, black = read("#ffffff"), read("#000000")
    assert contrast("#000000", white) == pytest.approx(21)
    assert contrast("#777777", white) == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", black, 0.5) == pytest.approx(
        contrast("rgba(255,255,255,0.5)", black)
    )


@pytest.mark.parametrize("theme", THEMES)
def test_words_of_pages_can_be_read(theme: Theme) -> None:
    found = CONFIG[theme]
    for where, ground in grounds(theme).items():
        assert contrast(found["textColor"], ground, CAPTION) >= TEXT, where
        for name in ("textColor", "linkColor", "codeTextColor"):
            assert contrast(found[name], ground) >= TEXT, (where, name)
        assert contrast(found["primaryColor"], ground) >= TEXT, where
    pressed = read(found["primaryColor"])
    assert contrast(rule("[data-tag]", "color", theme), pressed) >= TEXT
    header = read(found["dataframeHeaderBackgroundColor"])
    assert contrast(found["textColor"], header, CAPTION) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_words_that_are_paler_can_be_read(theme: Theme) -> None:
    """What styles fade is text, except the line at one half."""
    faded = re.findall(r"^(\S[^{]*){([^}]*?)opacity:(\.\d+)", CSS, re.MULTILINE)
    assert len(faded) > 3
    for selector, _, opacity in faded:
        if selector != ".as-half":
            assert contrast(CONFIG[theme]["textColor"], page(theme), float(opacity)) >= TEXT, (
                selector
            )


def texts(theme: Theme) -> Iterator[tuple[str, Colour]]:
    """Yield what words of the data stand on: changed, searched, odd, code, and together."""
    changed = [
        None,
        *(rule(f".as-{side} ins", "background", theme) for side in ("first", "second")),
    ]
    odd = [None, rule(".as-text code", "background", theme)]
    code = [None, rule(".as-code", "background", theme)]
    for layers in product(code, changed, odd):
        ground = page(theme)
        for layer in layers:
            ground = over(layer, ground) if layer else ground
        yield str(layers), ground


@pytest.mark.parametrize("theme", THEMES)
def test_words_of_texts_can_be_read(theme: Theme) -> None:
    text = CONFIG[theme]["textColor"]
    signs = [
        rule(f".as-{kind}", "color", theme) for kind in ("keyword", "string", "number", "comment")
    ]
    marked, found = (
        rule(".as-text mark", "color", theme),
        rule(".as-text mark", "background", theme),
    )
    for layers, ground in texts(theme):
        assert contrast(text, ground) >= TEXT, layers
        assert contrast(marked, over(found, ground)) >= TEXT, layers
        for sign in signs:
            assert contrast(sign, ground) >= TEXT, (layers, sign)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("side", ["up", "down"])
def test_the_heat_map_can_be_read(theme: Theme, side: str) -> None:
    line = rule(f".as-heat .as-{side}", "text-decoration", theme)
    for step in range(1, 5):
        ground = over(rule(f".as-heat .as-{side}.as-{step}", "background", theme), page(theme))
        assert contrast(CONFIG[theme]["textColor"], ground) >= TEXT, step
        assert contrast(line, ground) >= MARK, step


@pytest.mark.parametrize("theme", THEMES)
def test_marks_of_pictures_can_be_seen(theme: Theme) -> None:
    for place in range(4):
        assert contrast(rule(f".as-{place}", "background", theme), page(theme)) >= MARK, place
    for side in ("first", "second"):
        ground = over(rule(f".as-{side} ins", "background", theme), page(theme))
        assert contrast(rule(f".as-{side} ins", "text-decoration", theme), ground) >= MARK, side
    track = over(rule(".as-meter", "background", theme), page(theme))
    assert contrast(rule(".as-meter>b", "background", theme), track) >= MARK
    for colour in set(re.findall(r"#\w{6}", brand.LOGO)):
        assert contrast(colour, read(CONFIG[theme]["sidebar"]["backgroundColor"])) >= MARK


@pytest.mark.parametrize("theme", THEMES)
def test_words_of_charts_can_be_read(theme: Theme) -> None:
    ink = INKS[theme]
    for colour in (ink.text, ink.quiet):
        assert contrast(colour, page(theme)) >= TEXT, colour
    for shade in SHADES[theme]:
        assert contrast(ink.text, read(shade)) >= TEXT, shade


@pytest.mark.parametrize("theme", THEMES)
def test_marks_of_charts_can_be_seen(theme: Theme) -> None:
    """Grid lines are decoration: every value stands in the table too."""
    ink = INKS[theme]
    for colour in (ink.text, ink.quiet, ink.agrees, ink.disagrees, *ink.palette, *ink.counts):
        assert contrast(colour, page(theme)) >= MARK, colour
