"""Raw rows of any preference family to canonical pairs."""

from core.formats import arena as arena
from core.formats import conversational as conversational
from core.formats import hh as hh
from core.formats import refused as refused
from core.formats import trl as trl
from core.formats.plan import ImportPlan, plan_import
from core.formats.recognise import recognise
from core.formats.sources import open_source, read_batches
from core.formats.spec import FORMATS, FormatSpec

__all__ = [
    "FORMATS",
    "FormatSpec",
    "ImportPlan",
    "open_source",
    "plan_import",
    "read_batches",
    "recognise",
]
