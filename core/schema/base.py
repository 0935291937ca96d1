"""Types, versions and ids that everything else is made of."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

SCHEMA_VERSION = 1
"""Version of every file of a store; a later one is refused."""

Side = Literal["chosen", "rejected"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
RawRow = dict[str, object]

TIE_KINDS = ("tie", "both_bad", "both_good", "neither")
"""How a source can decline to name a winner."""


def id_text(value: int) -> str:
    """Return an id as 16 hexadecimal digits; browsers round integers above 2^53."""
    return f"{value:016x}"


def id_number(text: str) -> int | None:
    """Return the id behind 16 hexadecimal digits, None when it is none."""
    if len(text) != 16 or any(c not in "0123456789abcdef" for c in text):
        return None
    number = int(text, 16)
    return number if number < 1 << 63 else None
