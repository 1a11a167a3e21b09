"""Explorations beside each other, each in a process of its own."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")
Watch = Callable[[int, int], None]
"""A function that is told the numbers of situations and steps so far."""
_INTERVAL = 0.2
"""The seconds between reports of the numbers so far."""
_counts: Any = None  # in a process of the pool, the numbers so far of each exploration


def explore_beside(
    explore: Callable[..., T], families: Sequence[tuple[Any, ...]], jobs: int, watch: Watch
) -> Iterator[T]:
    """Yields the result of each exploration, in their order.

    Args:
        explore: explores one family; a function of a module, since it is found there by the
            processes. Its last argument is a :data:`Watch` for the family alone.
        families: the other arguments of each exploration.
        jobs: the number of processes.
        watch: called with the numbers of all explorations together.
    """
    # A new interpreter, and no copy of this one, whose threads would not exist in the copy.
    context = multiprocessing.get_context("spawn")
    counts = context.Array("q", 2 * len(families), lock=False)
    with ProcessPoolExecutor(jobs, context, _begin, (counts,)) as pool:
        pending: set[Future[T]] = set()
        futures: list[Future[T]] = [
            pool.submit(_explore, explore, number, family) for number, family in enumerate(families)
        ]
        pending.update(futures)
        try:
            while pending:
                _, pending = wait(pending, _INTERVAL, FIRST_COMPLETED)
                watch(sum(counts[::2]), sum(counts[1::2]))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        yield from (each.result() for each in futures)


def _begin(counts: Any) -> None:
    global _counts
    _counts = counts
    # An exploration leaves no cycles behind, and looking for them takes a seventh of its time.
    gc.disable()


def _explore(explore: Callable[..., T], number: int, family: tuple[Any, ...]) -> T:
    def count(situations: int, steps: int) -> None:
        _counts[2 * number : 2 * number + 2] = situations, steps

    return explore(*family, count)
