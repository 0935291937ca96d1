"""`--engine ray`: the same scorer in an actor pool of Ray Data, over the same plan and shards.

The rows of the dataset are the numbers of shards. Whoever scores one asks the driver for its
texts, so that no folder must be shared and memory stays bounded; the values come back as a row.
A worker that dies is started again by Ray, and its shards are given out again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.errors import ScoreError, UsageError
from core.schema import Ints, Provenance, ScoringPlan
from core.scorers.local import Session
from core.scorers.ray_cluster import Cluster, Share, gist, join, share
from core.scorers.ray_desk import GO_ON, Clerk, Desk, Trouble
from core.scorers.ray_workers import Opened, Order, Worker, look, unpacked
from core.scorers.spec import ScorerOptions, ScorerSpec

MOST_DEATHS = 4
"""Of workers over one shard, or of one that opens the scorer; then the run stops."""
PATIENCE_SECONDS = 60.0
"""After which a person is told that no worker has opened the scorer yet."""


@dataclass(frozen=True)
class OnRay:
    """A session on a cluster."""

    cluster: Cluster
    share: Share
    clerk: Clerk
    order: Order
    opened: Opened
    exits: ExitStack

    @property
    def provenance(self) -> Provenance:
        """Return what the first worker says that makes the numbers."""
        return self.opened.provenance

    @property
    def shard_chars(self) -> int:
        """Return the characters of a shard."""
        return self.opened.shard_chars

    @property
    def shard_items(self) -> int:
        """Return the most ids in a shard."""
        return self.opened.shard_items

    def close(self) -> None:
        """Let the workers go, and a Ray that was started for them."""
        self.exits.close()

    def run(self, shards: Sequence[Ints]) -> Generator[pa.Table, None, None]:
        """Yield the values of one shard after the other, as they come."""
        self.clerk.cut, left = shards, set(range(len(shards)))
        with closing(self._answers(len(shards))) as answers:
            for answer in answers:
                self.clerk.tell()
                if answer["trouble"]:
                    raise self.clerk.failed or Trouble(**json.loads(answer["trouble"])).error()
                left.remove(answer["shard"])
                yield unpacked(answer["values"])
        if left:
            raise ScoreError(f"Ray gave no values for {len(left):,} shards.", GO_ON)

    def _answers(self, shards: int) -> Generator[dict[str, Any], None, None]:
        """Yield the rows that workers make; raise ScoreError when Ray itself fails."""
        if not shards:
            return
        try:
            with closing(_batches(self, shards)) as batches:
                for batch in batches:
                    yield from batch.to_pylist()
        except Exception as error:  # of nodes, connections, executors: a class each
            raise ScoreError(f"Ray stopped: {gist(error)}.", GO_ON) from error


def _batches(session: OnRay, shards: int) -> Any:
    """Return the generator of an actor pool's answers; to close it ends the pool."""
    data: Any = import_module("ray.data")
    pool = data.ActorPoolStrategy(
        size=min(session.share.workers, shards),
        max_concurrent_calls_per_actor=2,
        enable_true_multi_threading=True,
    )
    with data.DataContext.current(_quiet(data)):
        numbers = data.from_items(list(range(shards)), override_num_blocks=shards)
        answers = numbers.map_batches(
            Worker,
            batch_size=None,
            batch_format="pyarrow",
            compute=pool,
            fn_constructor_args=(session.order, session.clerk.desk),
            **session.share.resources,
        )
        batches = answers.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
    return iter(batches)


def _quiet(data: Any) -> Any:
    """Return a context in which Ray Data draws and prints nothing."""
    context = data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL)  # its file in the session's folder has it all
    return context


def open_session(spec: ScorerSpec, options: ScorerOptions, plan: ScoringPlan) -> Session:
    """Join the cluster and open the scorer on a worker; raise ScoreError or UsageError."""
    _check(spec)
    with ExitStack() as exits:
        cluster = join()
        exits.callback(cluster.close)
        shared = share(cluster.machines(), options)
        order = _order(spec, options)
        clerk = Clerk(cluster.ray, _desk(cluster.ray), plan, options.say)
        exits.callback(clerk.close)
        opened = _opened(cluster, shared, clerk, order)
        order = replace(order, made=opened.provenance)
        return OnRay(cluster, shared, clerk, order, opened, exits.pop_all())


def _check(spec: ScorerSpec) -> None:
    if spec.needs_labels:
        raise UsageError(
            f"{spec.name} learns from all labels at once, so it cannot be shared out.",
            "Leave --engine out: it needs one machine for a minute or two.",
        )
    if "endpoint" in spec.takes:
        raise UsageError(
            f"{spec.name} waits for an endpoint, which more workers make no faster.",
            "Leave --engine out, and ask the endpoint more at once.",
        )


def _order(spec: ScorerSpec, options: ScorerOptions) -> Order:
    named = [name for name in (options.model, options.reference) if name]
    return Order(
        spec=spec,
        options=replace(options, say=ScorerOptions().say, template=None),
        template=options.template.read_bytes() if options.template else None,
        folders=tuple(name for name in named if Path(name).is_dir()),
        deaths=MOST_DEATHS,
    )


def _desk(ray: Any) -> Any:
    """Return a desk on the driver's machine; no shard is lost when another machine goes."""
    beside = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
    here = beside(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Desk).options(num_cpus=0, scheduling_strategy=here).remote()


def _opened(cluster: Cluster, shared: Share, clerk: Clerk, order: Order) -> Opened:
    """Return what the first worker opened."""
    ray = cluster.ray
    task = ray.remote(**shared.resources, max_retries=1)(look)
    coming = task.remote(order, clerk.desk)
    waited = 0.0
    while not ray.wait([coming], timeout=1.0)[0]:
        clerk.tell()
        waited += 1.0
        if waited == PATIENCE_SECONDS:
            took = f"{shared.gpus} GPU and {shared.cpus} processors"
            clerk.say(f"No worker has opened the scorer yet; each needs {took} to be free.")
    try:
        found: Opened | Trouble = ray.get(coming)
    except Exception as error:  # of a dead process, of code that a worker lacks: a class each
        raise ScoreError(
            f"A worker died while it opened the scorer: {gist(error)}.",
            "Its machine may lack memory, or have other versions than this one.",
        ) from error
    clerk.tell()
    if isinstance(found, Trouble):
        raise found.error()
    return found
