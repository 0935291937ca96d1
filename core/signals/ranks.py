"""Several responses to one prompt, ranked by who was preferred to whom."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from core.schema import Floats

PRIOR = 0.5
"""Wins, and as many losses, that every response has against one of score 0."""
_STEPS = 5_000
_CLOSE = 1e-10


def bradley_terry(wins: Floats) -> Floats:
    """Return a score per response in nats, σ(s_i − s_j) = P(i over j); wins (n, n) → (n,).

    wins[i, j]: how often i was preferred to j, a tie half for each. With `PRIOR` wins and losses
    against a response of score 0, so that one that never lost has a finite score. Scores are
    centred; ones that nothing connects are comparable through the prior alone. Source: Bradley and
    Terry 1952; fitted as Hunter 2004 (MM), 10.1214/aos/1079120141.
    """
    n = len(wins)
    counts = wins + wins.T
    won = wins.sum(axis=1) + PRIOR
    strength = np.ones(n)
    for _ in range(_STEPS):
        apart = counts / (strength[:, None] + strength[None, :])
        fresh = won / (apart.sum(axis=1) + 2 * PRIOR / (strength + 1))
        done = np.allclose(fresh, strength, rtol=_CLOSE, atol=0)
        strength = fresh
        if done:
            break
    scores = np.log(strength)
    return np.asarray(scores - scores.mean() if n else scores, np.float64)


def cycles(wins: Floats) -> tuple[tuple[int, int, int], ...]:
    """Return each triple i over j over k over i, beginning with its lowest number; wins (n, n).

    The one that won more of a pair's comparisons is preferred. Source: Kendall and Babington
    Smith 1940.
    """
    beats = wins > wins.T
    found = []
    for i, j, k in combinations(range(len(wins)), 3):
        if beats[i, j] and beats[j, k] and beats[k, i]:
            found.append((i, j, k))
        elif beats[i, k] and beats[k, j] and beats[j, i]:
            found.append((i, k, j))
    return tuple(found)
