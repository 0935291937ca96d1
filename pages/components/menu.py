"""The pages, in the order of the work, each at a stable address, and whom each is open to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from core.errors import AssayError
from core.schema.relabel import Person, Role
from pages.components import brand, who


@dataclass(frozen=True)
class Listed:
    """What is known of a page before it runs."""

    name: str
    title: str
    icon: str
    help: str
    role: Role = "reviewer"
    """Who may open it, and whoever may do more."""
    bare: bool = False
    """Nothing stands around it: no filter bar, no count of the store."""


_PAGES = (
    Listed("overview", "Overview", "dashboard", "What is in the store and what to do next."),
    Listed("browse", "Browse", "table_rows", "Every pair: a table to search and sort, a reader."),
    Listed(
        "margins", "Margins", "bar_chart", "How signals are distributed; brush a range to filter."
    ),
    Listed(
        "slices", "Slices", "splitscreen", "Where labels, runs and length differ; what surprises."
    ),
    Listed("flips", "Flips", "swap_horiz", "Labels that look reversed, with the evidence."),
    Listed(
        "relabel",
        "Relabel",
        "how_to_vote",
        "Which answer is better, judged blind.",
        role="annotator",
        bare=True,
    ),
    Listed("team", "Team", "groups", "Queues, agreement, disagreements, and how noisy it all is."),
    Listed("scorers", "Scorers", "speed", "Health of every run, and of those being made."),
    Listed("export", "Export", "download", "A curated split, previewed, and its command."),
    Listed("methods", "Methods", "functions", "Formulas, directions and limits of every number."),
)
_STATE = "menu_who"
_HERE = Path(__file__).resolve().parents[1]


def show() -> Page:
    """Draw the menu of whoever is here and return the page that is asked for."""
    # Before the menu: without an icon of its own, the page fetches the menu's from the internet.
    st.set_page_config(page_title="Assay", page_icon=brand.ICON, layout="wide")
    st.logo(brand.LOGO)
    person = _somebody()
    _start_over(person)
    allowed = pages_of(person)
    page = st.navigation(
        _pages(allowed) if allowed else _doors(),
        position="sidebar" if len(allowed) > 1 else "hidden",
    )
    st.set_page_config(page_title=f"{page.title} · Assay")
    return page


def pages_of(person: Person | None) -> tuple[Listed, ...]:
    """Return the pages that are open to a person, the first one theirs by default."""
    return tuple(page for page in _PAGES if person and person.may(page.role))


def is_bare(page: Page) -> bool:
    """Return whether nothing is to stand around a page."""
    return page.title not in {listed.title for listed in _PAGES if not listed.bare}


def _somebody() -> Person | None:
    try:
        found = who.known()
    except AssayError:
        return None  # the page at the door says it
    return found if isinstance(found, Person) else None


def _start_over(person: Person | None) -> None:
    """Forget what a session holds of another person: a browser can come back with a new cookie."""
    name = person.name if person else ""
    if st.session_state.get(_STATE, name) != name:
        st.session_state.clear()
    st.session_state[_STATE] = name


def _pages(allowed: tuple[Listed, ...]) -> list[Page]:
    """Return the menu, and the first page once more: Streamlit serves the default one at / only."""
    first, *others = allowed
    return [_page(first, at="home", default=True), *map(_page, others), _page(first, hidden=True)]


def _page(listed: Listed, at: str = "", default: bool = False, hidden: bool = False) -> Page:
    return st.Page(
        _HERE / f"{listed.name}.py",
        title=listed.title,
        icon=f":material/{listed.icon}:",
        url_path=at or listed.name,
        help=listed.help,
        default=default,
        visibility="hidden" if hidden else "visible",
    )


def _doors() -> list[Page]:
    """Return what nobody finds, at every address: why there is nothing for them."""
    names = ["home", *(listed.name for listed in _PAGES)]
    return [
        st.Page(_refuse, title="Assay", url_path=name, default=name == "home", visibility="hidden")
        for name in names
    ]


def _refuse() -> None:
    who.person()
