"""Presets: named rules that keep and order the rows a filter found. One file per family."""

from __future__ import annotations

from core.curate.presets import whole
from core.curate.presets.spec import PRESETS, Example, Kept, Need, PresetInputs, PresetSpec

__all__ = ["PRESETS", "Example", "Kept", "Need", "PresetInputs", "PresetSpec", "whole"]
