"""Numbers to signals per pair: pure numpy, one family of formulas per file.

Every module here registers its specs when the package is imported; a new file needs no list.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
