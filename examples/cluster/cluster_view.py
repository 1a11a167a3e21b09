"""The view of a cluster in a terminal: figures of the load, and the state of each process."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from meeting_load import PERIOD, Figures
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_BARS = " ▁▂▃▄▅▆▇█"
SECONDS_SHOWN = 60


@attrs.frozen
class Row:
    """The state of a process.

    Args:
        name: its name.
        pid: its id.
        state: the state in one word, such as ``running``.
        style: the colour of the state.
        work: its work.
        memory: its memory in bytes; 0 if it does not run.
        url: its address.
    """

    name: str
    pid: int | None
    state: str
    style: str
    work: str
    memory: int
    url: str


def sparkline(values: Sequence[int]) -> str:
    """Returns values as a line of bars, the highest value as a full one."""
    highest = max(values, default=0) or 1
    return "".join(_BARS[-(-value * (len(_BARS) - 1) // highest)] for value in values)


def figures_line(figures: Figures) -> str:
    """Returns the figures of a load as a line."""
    now = len(figures.recent) / PERIOD
    attempts = sum(figures.attempts.values())
    return (
        f"{now:.0f} events/s · half of the answers within {figures.percentile(0.5) * 1000:.0f} ms, "
        f"99 % within {figures.percentile(0.99) * 1000:.0f} ms · {figures.answered:,} events, "
        f"{attempts:,} sent again · {figures.open} meetings open, {figures.finished:,} finished · "
        f"{len(figures.faults)} faults"
    )


def render(seconds: float, figures: Figures, rows: Sequence[Row], news: Sequence[str]) -> Group:
    """Returns the view.

    Args:
        seconds: the seconds since the beginning of the load.
        figures: the figures of the load.
        rows: the processes.
        news: the latest lines about processes that ended or were started.
    """
    table = Table(expand=True, box=None, pad_edge=False)
    for heading in ("process", "pid", "state", "work", "memory", "address"):
        table.add_column(heading, justify="right" if heading in ("pid", "memory") else "left")
    for row in rows:
        memory = f"{row.memory / 2**20:.0f} MiB" if row.memory else ""
        state = Text(row.state, row.style)
        table.add_row(row.name, str(row.pid or ""), state, row.work, memory, row.url)
    minutes, rest = divmod(int(seconds), 60)
    parts: list[RenderableType] = [
        Text(figures_line(figures), "red" if figures.faults else ""),
        Text(sparkline(figures.per_second(SECONDS_SHOWN)), "green", no_wrap=True),
        table,
        Text("kill -9 a pid and watch · Ctrl-C ends", "dim"),
    ]
    title = f"Meetings on a cluster · {minutes}:{rest:02}"
    return Group(Panel(Group(*parts), title=title), *news)
