"""The progress of long commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console as Terminal
from rich.progress import Progress, TextColumn, TimeElapsedColumn


@contextmanager
def shown_progress(activity: str, *names: str) -> Iterator[Callable[..., None]]:
    """Shows the progress of a long command on standard error, if that is a terminal.

    Text that is written with ``print`` to a terminal meanwhile appears above it.

    Args:
        activity: a word for the activity.
        names: the names of the numbers that show the progress.

    Yields:
        A function that shows new numbers, one for each name.
    """
    progress = Progress(
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Terminal(stderr=True),
        disable=not sys.stderr.isatty(),
        # Otherwise standard output would go to that terminal, even if it is a file.
        redirect_stdout=sys.stdout.isatty(),
        transient=True,
    )

    def described(*numbers: int) -> str:
        counts = (f"{number} {name}" for number, name in zip(numbers, names, strict=True))
        return f"{activity}: {', '.join(counts)}"

    task = progress.add_task(described(*[0] * len(names)), total=None)
    with progress:
        yield lambda *numbers: progress.update(task, description=described(*numbers))
