"""Runs in the making: drawn anew while a process is at work, and what it finishes is picked up."""

from __future__ import annotations

import shlex

import streamlit as st

from core.errors import AssayError
from core.schema.relabel import Person
from core.scorers.spec import SCORERS
from core.views.jobs import jobs
from core.views.results import Job
from pages.components import cached, who
from pages.components.exportview import store_flag
from pages.components.words import percent, plain

AT_WORK_SECONDS = 2.0
IDLE_SECONDS = 5.0
"""How often the page looks for news; a look reads a few small files and no data."""
SILENT_SECONDS = 60.0
"""Without news for so long, a job at work says so."""

_GOES_ON = "What is scored is kept. This goes on with it, with the options it was begun with:"
_ANEW = "It learns from all the labels together, so this makes it anew:"


def watch() -> None:
    """Draw the jobs, and draw the whole page anew when the store has changed."""
    generation = cached.generation()
    at_work = any(job.running for job in jobs(cached.root(), generation))
    look = st.fragment(_look, run_every=AT_WORK_SECONDS if at_work else IDLE_SECONDS)
    look(generation.key, at_work)


def _look(drawn_for: str, at_work: bool) -> None:
    try:
        # It draws itself anew for as long as the page is open: also for who was taken off the list.
        found = who.known()
        if not (isinstance(found, Person) and found.may("reviewer")):
            st.rerun()
        generation = cached.generation()
    except AssayError:
        st.rerun()  # the whole page says what is wrong
    made = jobs(cached.root(), generation)
    if generation.key != drawn_for or any(job.running for job in made) != at_work:
        st.rerun()
    if made:
        st.subheader("In the making", anchor=False)
    for job in made:
        with st.container(border=True, gap="small"):
            _draw(job)


def _draw(job: Job) -> None:
    progress = job.progress
    state = "at work" if job.running else f"stopped {duration(job.seconds_silent)} ago"
    st.progress(job.share, f"**{plain(progress.run_id)}** · {plain(progress.scorer)}, {state}")
    st.caption(" · ".join(_facts(job)))
    if not job.running:
        st.caption(_GOES_ON if _kept(progress.scorer) else _ANEW)
        st.code(command(job), language=None, wrap_lines=True)


def _facts(job: Job) -> list[str]:
    progress, unit = job.progress, plain(job.progress.unit)
    facts = [f"{progress.done:,} of {progress.total:,} {unit} ({percent(job.share)})"]
    if not job.running:
        return facts
    if job.per_second:
        facts.append(f"{job.per_second:,.1f} {unit}/s")
    if job.tokens_per_second:
        facts.append(f"{job.tokens_per_second:,.0f} tokens/s")
    if progress.done >= progress.total > 0:
        facts.append("all scored, the signals are being made")
    elif job.seconds_left is not None:
        facts.append(f"{duration(job.seconds_left)} left")
    if job.seconds_silent > SILENT_SECONDS:
        facts.append(f"no news for {duration(job.seconds_silent)}")
    return facts


def command(job: Job) -> str:
    """Return the command that goes on with a job, quoted for a shell."""
    progress, store = job.progress, store_flag()
    words = ["python", "-m", "core", "score", progress.scorer, "--resume", progress.run_id]
    if "endpoint" in _required(progress.scorer):
        words += ["--endpoint", "URL"]
    return shlex.join([*words, f"--store={store}"] if store else words)


def _required(scorer: str) -> tuple[str, ...]:
    return SCORERS.get(scorer).required if scorer in SCORERS.names() else ()


def _kept(scorer: str) -> bool:
    return scorer not in SCORERS.names() or not SCORERS.get(scorer).needs_labels


def duration(seconds: float) -> str:
    """Return a time in words, as short as it can be."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 48 else f"{hours // 24} days"
