"""How pairs are written: a shape (which columns a trainer reads) in a kind of file.

Two tables name them all.
"""

from __future__ import annotations

from core.curate.written import shapes_other, shapes_trl
from core.curate.written.filekinds import FILE_KINDS, FileKind
from core.curate.written.shapes import PROVENANCE, Shape, swap_sides
from core.registry import Registry

__all__ = ["FILES", "FORMATS", "PROVENANCE", "FileKind", "Shape", "swap_sides"]

FORMATS: Registry[Shape] = Registry("format")
for _shape in (*shapes_trl.SHAPES, *shapes_other.SHAPES):
    FORMATS.register(_shape)

FILES: Registry[FileKind] = Registry("kind of file")
for _kind in FILE_KINDS:
    FILES.register(_kind)
