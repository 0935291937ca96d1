"""The nearest of any vectors are those of a plain loop, however small the blocks are."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.store import vectors
from core.store.filters import Where
from core.store.vectors import IDS, Asked, Nearest, nearest

WIDTH = 3
WHERE = Where("row_id % 3 <> 1", {}, "")
NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0, 1e-12, 1e12])
VECTORS = st.one_of(
    st.none(),
    st.lists(NUMBERS, min_size=WIDTH, max_size=WIDTH),
    st.just([float("nan"), 1.0, 0.0]),
    st.just([1.0, 2.0]),
)
IDENTITIES = st.lists(st.integers(1, IDS - 1), min_size=1, max_size=24, unique=True)


@st.composite
def worlds(draw: st.DrawFn) -> list[tuple[int, int, list[float] | None]]:
    """Return responses: their ids, their prompts, their vectors."""
    ids = draw(IDENTITIES)
    prompts = st.integers(0, max(1, len(ids) // 2))
    return [(i, draw(prompts), draw(VECTORS)) for i in ids]


def searched(
    world: list[tuple[int, int, list[float] | None]], asked: Asked, block: int, first: int
) -> Nearest:
    """Ask a store made of nothing but tables; two responses that follow each other are a row."""
    con = duckdb.connect()
    con.execute("CREATE SCHEMA live")
    for name in ("data", "sig"):
        con.execute(f"ATTACH ':memory:' AS {name}")
    columns = "(run_id VARCHAR, response_id BIGINT, embedding FLOAT[], prompt_embedding FLOAT[])"
    con.execute(f"CREATE TABLE live.vectors {columns}")
    con.execute("CREATE TABLE data.prompts (prompt_id BIGINT)")
    con.execute("CREATE TABLE data.responses (response_id BIGINT, prompt_id BIGINT)")
    sides = "prompt_id BIGINT, chosen_id BIGINT, rejected_id BIGINT"
    con.execute(f"CREATE TABLE data.pairs (row_id BIGINT, {sides})")
    con.execute("CREATE TABLE sig.signals (row_id BIGINT)")
    for i, prompt, vector in world:
        con.execute("INSERT INTO live.vectors VALUES ('run', $1, $2, $2)", [i, vector])
        con.execute("INSERT INTO live.vectors VALUES ('other', $1, $2, $2)", [i, [1.0] * WIDTH])
        con.execute("INSERT INTO data.responses VALUES ($1, $2)", [i, prompt])
    for row, (prompt, chosen, rejected) in enumerate(rows_of(world)):
        con.execute(
            "INSERT INTO data.pairs VALUES ($1, $2, $3, $4)", [row, prompt, chosen, rejected]
        )
        con.execute("INSERT INTO sig.signals VALUES ($1)", [row])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "BLOCK_ROWS", block)
        patch.setattr(vectors, "FIRST", first)
        found = nearest(con, asked, WHERE, len(world), None)
    con.close()
    return found


def rows_of(world: list[tuple[int, int, list[float] | None]]) -> list[tuple[int, int, int]]:
    """Return a row for every response, with another one of its prompt or with itself."""
    by_prompt: dict[int, list[int]] = {}
    for i, prompt, _ in world:
        by_prompt.setdefault(prompt, []).append(i)
    return [(p, i, ids[(at + 1) % len(ids)]) for p, ids in by_prompt.items()
            for at, i in enumerate(ids)]  # fmt: skip


def looped(
    world: list[tuple[int, int, list[float] | None]], asked: Asked
) -> list[tuple[float, int]]:
    """Return similarity and prompt of the best, by a loop in double precision."""
    mine, best = np.array(asked.vector), {}
    rows = rows_of(world)
    for i, prompt, vector in world:
        other = np.array(vector if vector and len(vector) == WIDTH else [np.nan])
        size = np.linalg.norm(other) * np.linalg.norm(mine)
        kept = [r for r, (p, *ids) in enumerate(rows) if p == prompt and r % 3 != 1
                and (asked.of == "prompt" or i in ids)]  # fmt: skip
        if prompt == asked.prompt_id or not np.isfinite(size) or size == 0 or not kept:
            continue
        best[prompt] = max(best.get(prompt, -2.0), float(other @ mine / size))
    return sorted(((s, p) for p, s in best.items()), reverse=True)[: asked.size]


@settings(max_examples=40)
@given(
    world=worlds(),
    vector=st.lists(st.sampled_from([-1.0, 0.5, 2.0]), min_size=WIDTH, max_size=WIDTH),
    of=st.sampled_from(["prompt", "answer"]),
    block=st.integers(1, 30),
    first=st.integers(1, 30),
)
@example([(5, 0, [0.0] * WIDTH), (6, 1, None), (7, 1, [1.0, 0.0, 0.0])], [1.0] * 3, "answer", 1, 1)
@example(
    [(5, 0, None), *((i + 6, i, [1.0, i, 0.0]) for i in range(1, 5))], [1.0] * 3, "prompt", 30, 1
)
def test_the_nearest_are_those_of_a_loop(
    world: list[tuple[int, int, list[float] | None]],
    vector: list[float],
    of: vectors.Of,
    block: int,
    first: int,
) -> None:
    asked = Asked("run", of, vector, prompt_id=0, size=4)
    found = searched(world, asked, block, first)
    rows = rows_of(world)
    prompts = [rows[row][0] for row in found.rows["row_id"].to_pylist()]
    wanted = looped(world, asked)
    similarities = found.rows["similarity"].to_pylist()
    np.testing.assert_allclose(similarities, [s for s, _ in wanted], atol=1e-5)
    assert len(set(prompts)) == len(prompts)
    assert 0 not in prompts
    given_vectors = [v for *_, v in world if v is not None]
    assert found.compared == len(given_vectors)
    odd = [v for v in given_vectors if len(v) != WIDTH or not any(v) or np.isnan(v).any()]
    assert found.odd == len(odd)
    assert found.searched == 1
    assert found.texts == (0 if of == "prompt" else len(world))
