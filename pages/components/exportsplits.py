"""Export's splits: shares, names, what stays together, and the prompts of evaluations."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import streamlit as st

from core.curate.judged import EvaluationPrompts
from core.curate.splits.asked import LINKS, SplitPlan, plan_splits
from core.curate.splits.contamination import read_evaluation
from core.errors import SourceError
from core.store.instance import Store
from pages.components import cached, exportfields, links
from pages.components.words import counted, plain

MOST_SEED = 2**31 - 1
MOST_MB = 20
"""Of a file of evaluation prompts: RewardBench's are 1 MB."""
MOST_FILES = 3


def show() -> tuple[SplitPlan, int] | None:
    """Draw how rows are divided; None where that cannot be meant, which is said below its field."""
    ratios = exportfields.text(
        "Shares",
        "ratios",
        "0.9,0.05,0.05",
        "0.9,0.05,0.05",
        "Shares of one whole, such as `0.9,0.05,0.05`; `1` for one split; `keep` for the splits "
        "of the sources. Each source gets these shares.",
    )
    below = st.container()
    names = exportfields.text("Names of the splits", "names", "", "train,validation,test")
    with st.container() if names else below:
        divided = exportfields.read(lambda: plan_splits(ratios or "1", names))
    linked = exportfields.pills(
        "Kept in one split",
        "links",
        LINKS,
        "Rows of one prompt always stay together. So do prompts that are the same but for case, "
        "spaces and marks (normalised), have nearly the same words (near), have an answer in "
        "common (response), or belong to one conversation.",
        "kind of link",
    )
    seed = _seed()
    if divided is None:
        return None
    return plan_splits(ratios or "1", names, ",".join(linked) or "none"), seed


def _seed() -> int:
    links.check_number("seed", MOST_SEED, "seed")
    # Of an integer's box, a link with `seed=1e999` is an exception.
    seed = st.number_input(
        "Seed",
        0.0,
        float(MOST_SEED),
        42.0,
        1.0,
        "%.0f",
        key="seed",
        bind="query-params",
        help="Of the splits, and of presets and caps that draw: the same seed, the same rows.",
        on_change=links.changed,
        args=("seed",),
    )
    return int(seed or 0)


def evaluation() -> tuple[EvaluationPrompts, ...]:
    """Draw where files of evaluation prompts go, and return them; raise SourceError."""
    held = st.file_uploader(
        "Evaluation prompts to keep out",
        accept_multiple_files=True,
        key="export_evaluation",
        # The server refuses more than its own limit, whatever a page says.
        max_upload_size=min(MOST_MB, int(st.get_option("server.maxUploadSize"))),
        help="Pairs whose prompt is in such a file, or nearly so, are left out. A text file with "
        "a prompt in each line, or JSON Lines, CSV or Parquet with a column `prompt`. The file is "
        "read and not kept; it is in no link.",
    )
    if len(held) > MOST_FILES:
        st.warning(f"Only the first {MOST_FILES} files are read.", icon=":material/warning:")
    found = tuple(
        cached.ask_large(read_upload, file.name, file.getvalue()) for file in held[:MOST_FILES]
    )
    for one in found:
        st.caption(f"{plain(one.file.name, 80)}: {counted(one.file.prompts, 'prompt')}")
    return found


def read_upload(store: Store, name: str, data: bytes) -> EvaluationPrompts:
    """Return the prompts of a file that came with a browser; `store` is not read.

    Raises:
        SourceError: it cannot be read, or is larger than MOST_MB.
    """
    called = PurePosixPath(name.replace("\\", "/")).name[:200] or "prompts"
    if len(data) > MOST_MB * 1024 * 1024:
        raise SourceError(f"{called} is larger than {MOST_MB} MB.")
    kind = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}", called)[-2:])
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        path = Path(folder) / f"prompts{kind}"
        path.write_bytes(data)
        try:
            read = read_evaluation(path)
        except SourceError as error:
            # Nobody at a browser is to learn a path of this machine.
            said = (text.replace(str(path), called) for text in (error.message, error.hint))
            raise SourceError(*said) from error
    return EvaluationPrompts(replace(read.file, name=called), read.texts)
