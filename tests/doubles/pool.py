"""A pool of processes that has none: a fork of a process with threads, as tests have them, may hang for ever."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Pool:
    """In place of `multiprocessing.Pool`: everything is done at once, here."""

    def __init__(self, *_: Any) -> None:
        """Whatever is asked for, there is this process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def imap_unordered(self, work: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        """Each job's result."""
        return map(work, jobs)

    def starmap(self, work: Callable[..., Any], jobs: Iterable[tuple[Any, ...]], **_: Any) -> list[Any]:
        """All results."""
        return list(starmap(work, jobs))

    def map_async(self, work: Callable[[Any], Any], jobs: Iterable[Any], **_: Any) -> Done:
        """All results, to be asked for."""
        return Done([work(job) for job in jobs])


class Done:
    """Results that are there."""

    def __init__(self, results: list[Any]) -> None:
        self._results = results

    def get(self) -> list[Any]:
        """They."""
        return self._results
