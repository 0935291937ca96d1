"""`--engine ray`: content as of `local`, workers that are killed, errors that come through."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest

from core.errors import AssayError, ScoreError, StoreError, UnknownName, UsageError
from core.schema import Ints, Provenance, ScoringPlan
from core.scorers import local, ray_cluster, ray_data
from core.scorers.ray_cluster import Cluster, Share, share
from core.scorers.ray_desk import Trouble
from core.scorers.ray_workers import Order, opened
from core.scorers.spec import SCORERS, Scorer, ScorerOptions, ScorerSpec
from core.store.instance import open_store
from tests import fake_scorers
from tests.factories import make_pair, make_store
from tests.models import make_llama, plan_of, plan_rows

ROOT = Path(__file__).parents[2]
ROWS = plan_rows(
    [(f"What is {i} and {i}?", ["It is " + "two " * (i % 9), f"{2 * i}"]) for i in range(60)]
)
PLAN = plan_of(ROWS)
SHARDS = 12

pytestmark = pytest.mark.filterwarnings(
    # Ray leaves files and sockets to the end of the process, and announces its next versions.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::FutureWarning:ray",
    "ignore::DeprecationWarning:ray",
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A Ray of this machine for all tests, as `score` starts one, with less memory."""
    pytest.importorskip("ray.data", reason="Ray is not installed: requirements-ray.txt")
    variables = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    with mock.patch.dict(os.environ, variables), mock.patch.object(
        ray_cluster, "STORE_BYTES", 100 * 2**20
    ):  # fmt: skip
        os.environ.pop("RAY_ADDRESS", None)
        made = ray_cluster.join()
        try:
            yield made
        finally:
            made.close()
            gc.collect()  # what Ray leaves open is warned of here, where the warning is let pass


@pytest.fixture(autouse=True)
def two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ray_cluster.WORKERS, "2")


def options_of(scorer: str, said: list[str], **given: Any) -> ScorerOptions:
    parameters = SCORERS.get(scorer).settled({})
    return ScorerOptions(parameters=parameters, threads=1, say=said.append, **given)


def scored(
    engine: Any, spec: ScorerSpec, options: ScorerOptions, plan: ScoringPlan = PLAN
) -> tuple[Provenance, dict[int, pa.Table]]:
    """Return who scored, and each shard's rows by the shard's first id."""
    with closing(engine.open_session(spec, options, plan)) as session:
        cut = np.array_split(plan.ids, SHARDS)
        tables = [table.sort_by("response_id") for table in session.run(cut)]
        return session.provenance, {table["response_id"][0].as_py(): table for table in tables}


def dying(
    open_well: Callable[[ScorerOptions, ScoringPlan], Scorer],
    doomed: int,
    grave: Path,
    deaths: int,
    options: ScorerOptions,
    plan: ScoringPlan,
) -> Scorer:
    """Open a scorer that kills its process over one response, as often as said."""
    scorer = open_well(options, plan)

    class Dying:
        provenance = scorer.provenance
        shard_chars, shard_items = scorer.shard_chars, scorer.shard_items

        def prepare(self, rows: pa.Table) -> Any:
            return doomed in rows["response_id"].to_pylist(), scorer.prepare(rows)

        def score(self, prepared: Any) -> Iterator[pa.Table]:
            if prepared[0] and len(list(grave.iterdir())) < deaths:
                (grave / str(os.getpid())).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return scorer.score(prepared[1])

    return Dying()


def deadly(spec: ScorerSpec, grave: Path, deaths: int = 1) -> ScorerSpec:
    grave.mkdir()
    doomed = int(PLAN.ids[len(PLAN.ids) // 2])
    return replace(spec, open=partial(dying, spec.open, doomed, grave, deaths))


def both(rewards: Path, options: ScorerOptions, plan: ScoringPlan) -> Scorer:
    """Open a policy and a reward model in one process: torch is slow to load."""
    policy = SCORERS.get("policy").open(options, plan)
    judge = SCORERS.get("reward_model").open(replace(options, model=str(rewards)), plan)

    class Both:
        provenance = policy.provenance
        shard_chars, shard_items = policy.shard_chars, policy.shard_items

        def prepare(self, rows: pa.Table) -> Any:
            return policy.prepare(rows), judge.prepare(rows)

        def score(self, prepared: Any) -> Iterator[pa.Table]:
            scorers = zip((policy, judge), prepared, strict=True)
            one, other = (pa.concat_tables(scorer.score(half)) for scorer, half in scorers)
            found = other.sort_by("response_id")["reward"]
            yield one.sort_by("response_id").append_column("reward", found)

    return Both()


def test_models_give_what_they_give_locally_though_a_worker_is_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    model = make_llama(tmp_path / "model")
    rewards = make_llama(tmp_path / "rewards", heads=2)
    spec, said = replace(SCORERS.get("policy"), open=partial(both, rewards)), list[str]()
    options = options_of("policy", said, model=str(model), tokens=True)
    made, expected = scored(local, spec, options)
    there, found = scored(ray_data, deadly(spec, tmp_path / "grave"), options)
    assert len(list((tmp_path / "grave").iterdir())) == 1
    assert there == made
    assert found.keys() == expected.keys()
    assert all(found[at].equals(expected[at]) for at in expected)
    heads = [sentence for sentence in said if "2 heads" in sentence]
    assert len(heads) == 2  # by each engine once
    assert [s for s in said if s.startswith("A worker died and was started again on")]


def test_the_command_scores_on_ray_and_prints_no_word_of_rays(
    cluster: Cluster, tmp_path: Path, assay: Callable[..., Any]
) -> None:
    make_store(tmp_path / "store", [make_pair(i) for i in range(40)]).close()
    template = tmp_path / "chat.jinja"
    template.write_text("{{ messages }}")
    words = ("--model", "org/m", "--template", template, "--json")
    with fake_scorers.registered():
        here = assay("score", "fake", *words, store=tmp_path / "store")
        said = assay("score", "fake", *words, "--engine", "ray", "--name", "there",
                     store=tmp_path / "store")  # fmt: skip
    assert (said.code, said.data["responses"]) == (0, here.data["responses"])
    assert said.out.count("\n") == 1
    assert said.err == here.err
    runs = {}
    for run in ("fake_m", "there"):
        with closing(open_store(tmp_path / "store")) as store:
            sql = f"SELECT * EXCLUDE run_id FROM live.scores WHERE run_id = '{run}' ORDER BY ALL"
            runs[run] = store.con.sql(sql).fetchall()
    assert runs["fake_m"] == runs["there"]


def failing(
    error: Exception, at_once: bool, options: ScorerOptions, plan: ScoringPlan
) -> fake_scorers.Fake:
    """Open a scorer that raises, or raise at once."""
    options.say("The fake model is open.")
    if at_once:
        raise error

    class Failing(fake_scorers.Fake):
        def score(self, prepared: pa.Table) -> Iterator[pa.Table]:
            raise error

    return Failing("fake", Provenance(model="m"), 1000, 1000, {"pause": 0.0})


def fails(spec: ScorerSpec, plan: ScoringPlan = PLAN, **given: Any) -> tuple[AssayError, list[str]]:
    """Return the error that ends the run, and what was said before."""
    said: list[str] = []
    with pytest.raises(AssayError) as caught:
        scored(ray_data, spec, ScorerOptions(threads=1, say=said.append, **given), plan)
    return caught.value, said


FAKE = fake_scorers.spec("fake")


def test_an_error_while_opening_is_the_scorers_own_sentence(cluster: Cluster) -> None:
    error = UsageError("The model has no head 'a'.", "Known: b.")
    found, said = fails(replace(FAKE, open=partial(failing, error, True)))
    assert (type(found), found.message, found.hint) == (UsageError, error.message, error.hint)
    assert said == ["The fake model is open."]


def test_an_error_while_scoring_is_the_scorers_own_sentence(cluster: Cluster) -> None:
    error = ScoreError("A single response does not fit.", "Give --set max_tokens=N.")
    found, said = fails(replace(FAKE, open=partial(failing, error, False)))
    assert (type(found), found.message, found.hint) == (ScoreError, error.message, error.hint)
    assert "in score" in str(found.__cause__)
    assert said == ["The fake model is open."]  # by three workers, told once


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyError("lost"), "A worker on {} failed: KeyError: 'lost'."),
        (ImportError(name="torch"), "torch is not installed on {}."),
        (UnknownName("head", "a", ["b"]), "There is no head named 'a'."),
    ],
)
def test_any_error_of_a_worker_is_a_sentence(error: Exception, sentence: str) -> None:
    found = Trouble.of(error).error()
    assert found.message == sentence.format(socket.gethostname())
    assert type(found) is (UsageError if isinstance(error, UnknownName) else ScoreError)


def test_a_shard_that_kills_every_worker_stops_the_run(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_data, "MOST_DEATHS", 2)
    spec = deadly(FAKE, tmp_path / "grave", deaths=99)
    found, _ = fails(spec, parameters=FAKE.settled({}))
    assert found.message == "2 workers died over the same shard."
    assert len(list((tmp_path / "grave").iterdir())) == 2


def test_texts_that_cannot_be_read_stop_the_run_as_here(cluster: Cluster) -> None:
    def read(ids: Ints) -> pa.Table:
        raise StoreError("2 of the ids to score are not in the store.")

    found, _ = fails(
        replace(FAKE, open=partial(failing, ScoreError("never"), False)), replace(PLAN, read=read)
    )
    assert type(found) is StoreError


def ordered(**given: Any) -> Order:
    options = ScorerOptions(parameters=FAKE.settled({}), **given)
    return ray_data._order(FAKE, options)


def test_a_model_folder_that_a_machine_lacks_is_named(tmp_path: Path) -> None:
    order = ordered(model=str(tmp_path))
    tmp_path.rmdir()
    with pytest.raises(ScoreError, match=f"^There is no folder {tmp_path} on "):
        opened(order, print)


def test_a_worker_that_opens_something_else_stops_the_run(tmp_path: Path) -> None:
    template = tmp_path / "chat.jinja"
    template.write_text("{{ messages }}")
    order = ordered(model="org/m", template=template)
    template.unlink()  # the worker has it from the order
    first = opened(order, print).provenance
    opened(replace(order, made=first), print)
    other = replace(first, revision="abc", versions={"fake": "2"})
    with pytest.raises(ScoreError) as caught:
        opened(replace(order, made=other), print)
    assert caught.value.message.endswith(
        " in another way than the first worker: revision None, not abc; "
        "versions {'fake': '1'}, not {'fake': '2'}."
    )


def test_a_ray_of_our_own_is_on_loopback_behind_a_token(cluster: Cluster) -> None:
    nodes = cluster.ray.nodes()
    assert [node["NodeManagerAddress"] for node in nodes] == ["127.0.0.1"]
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
    with socket.socket() as probe:
        probe.settimeout(5)
        with pytest.raises(OSError, match=r"refused|unreachable|timed out|route"):
            probe.connect((outside(), int(cluster.ray.get_runtime_context().gcs_address[10:])))


def outside() -> str:
    """Return this machine's address on a network, or one that answers nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "192.0.2.1"
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("scorer", ["crossfit", "judge"])
def test_scorers_that_cannot_be_shared_out_are_refused(scorer: str) -> None:
    with pytest.raises(UsageError, match=f"^{scorer} .*--engine out"):
        ray_data.open_session(SCORERS.get(scorer), ScorerOptions(), PLAN)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with mock.patch.dict(os.environ), pytest.raises(ScoreError) as caught:
        ray_data.open_session(FAKE, ScorerOptions(), PLAN)
    assert caught.value.hint == "pip install -r requirements-ray.txt"


def test_the_address_of_a_ray_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(ScoreError, match="ray://head:10001"):
        ray_cluster.join()


def test_an_address_where_nothing_answers_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ScoreError, match=f"^Nothing answers at {address}, .*refused"):
            ray_cluster._joined(None, address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could not connect.\nSee the log.", "Could not connect"),
        ("\x1b[36mray::look()\x1b[39m (pid=1)\n  File x\nNameError: no y", "NameError: no y"),
        ("", "OSError"),
    ],
)
def test_of_what_ray_says_one_line_is_told(text: str, expected: str) -> None:
    assert ray_cluster.gist(OSError(text)) == expected


GPUS = [{"CPU": 4.0}, {"CPU": 16.0, "GPU": 2.0}]


@pytest.mark.parametrize(
    ("machines", "asked", "given", "expected"),
    [
        ([{"CPU": 2.0}], "", {}, Share(1, 2, 0)),
        ([{"CPU": 1.0}], "", {}, Share(1, 1, 0)),
        ([{"CPU": 1.0}, {"CPU": 1.0}], "", {}, Share(2, 1, 0)),
        ([{"CPU": 5.0}, {"CPU": 2.0}], "", {}, Share(3, 2, 0)),
        ([{"CPU": 8.0}], "", {"threads": 4}, Share(2, 4, 0)),
        ([{"CPU": 8.0}, {"CPU": 8.0}], "3", {}, Share(3, 4, 0)),
        ([{"CPU": 2.0}], "5", {}, Share(5, 1, 0)),
        (GPUS, "", {}, Share(2, 1, 1)),
        (GPUS, "1", {"device": "cuda"}, Share(1, 1, 1)),
        (GPUS, "", {"device": "cpu"}, Share(10, 2, 0)),
        ([{"CPU": 2.0}], "3", {"device": "cuda"}, Share(3, 1, 1)),
    ],
)
def test_workers_are_as_many_as_machines_have_room_for(
    machines: list[dict[str, float]],
    asked: str,
    given: dict[str, Any],
    expected: Share,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ray_cluster.WORKERS, asked)
    assert share(machines, ScorerOptions(**given)) == expected


@pytest.mark.parametrize(
    ("asked", "given", "sentence"),
    [
        ("", {"device": "cuda"}, "No machine of the Ray cluster has a GPU."),
        ("two", {}, "ASSAY_RAY_WORKERS is 'two'."),
        ("0", {}, "ASSAY_RAY_WORKERS is '0'."),
        ("", {"threads": 9}, "No machine of the Ray cluster has 9 processors for a worker."),
    ],
)
def test_what_has_no_room_is_said(
    asked: str, given: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ray_cluster.WORKERS, asked)
    with pytest.raises(ScoreError) as caught:
        share([{"CPU": 8.0}], ScorerOptions(**given))
    assert caught.value.message == sentence
