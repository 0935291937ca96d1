"""Fixtures of `score`: the fake scorers, a store of 40 pairs, the command on it."""

import pytest

from tests import fake_scorers
from tests.factories import make_pair, make_store


@pytest.fixture(autouse=True)
def fakes():
    with fake_scorers.registered():
        yield


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(i) for i in range(40)]).close()
    return tmp_path / "store"


@pytest.fixture
def score(root, assay):
    """Run `score fake …` on the store."""

    def run(*words: object, scorer: str = "fake"):
        return assay("score", scorer, *words, store=root)

    return run
