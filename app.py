"""Assay in the browser: the menu, the frame around every page, and our errors as messages."""

from __future__ import annotations

from core.errors import AssayError
from pages.components import address, frame, menu, problems

page = menu.show()
address.start(page.url_path)
frame.show(page.title, bare=menu.is_bare(page))
try:
    page.run()
except frame.PageEnds:
    pass
except AssayError as error:
    problems.show(error)
finally:
    address.tell()
    frame.leave()
