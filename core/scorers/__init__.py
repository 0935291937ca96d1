"""Responses to numbers; a scorer gets a plan and yields batches.

Every module here registers its scorers when the package is imported; a new file needs no list.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
