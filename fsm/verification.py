"""What `fsm verify` does around the verification: processes, progress, report, scenario files."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import Any

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fsm.recording import Plan
from fsm.scenario import open_meeting, parse, play
from fsm.terminal import plain
from fsm.verify import (
    MARK,
    Broken,
    Explored,
    Findings,
    Report,
    add,
    begin,
    explore_plan,
    how_to_see,
    scenario,
    tasks,
)
from fsm.verify.stop_table import RULE

OneMore = Callable[[Explored], None]


def processes() -> Executor:
    """Return one process for each processor."""
    # Not forked: the thread that draws the progress may be in the middle of something.
    # And an interrupted worker has nothing to say; the command itself does.
    return ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_as_worker)


def _as_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with_the_command, daemon=True).start()


def _end_with_the_command() -> None:
    # Who waits for tasks does not notice that the command was killed.
    command = parent_process()
    assert command is not None
    command.join()
    os._exit(1)


def run(
    participants: int, pool: Executor, one_more: OneMore, plans: Callable[[int], None]
) -> Report:
    """Verify everything, one plan a task.

    Args:
        participants: how many may be in a meeting at once.
        pool: what runs the tasks.
        one_more: called with what was seen under each plan, as they are done.
        plans: called at the beginning with how many plans there are.
    """
    report = begin(participants)
    plans(len(report.resolved.plans))
    running = {pool.submit(explore_plan, *each): each[0] for each in tasks(report)}
    for task in as_completed(running):
        one_more(task.result())
    # Put together in one order, so that the report does not depend on which was done first.
    for task, plan in running.items():
        add(report, plan, task.result())
    return report


def run_with_progress(participants: int, pool: Executor) -> Report:
    """Verify everything; on a terminal, standard error shows how far it is."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("plans, {task.fields[situations]} situations, {task.fields[steps]} steps"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with progress:
        bar = progress.add_task("verifying", total=None, situations=0, steps=0)
        situations = steps = 0

        def one_more(found: Explored) -> None:
            nonlocal situations, steps
            situations += found.situations
            steps += found.steps
            progress.update(bar, advance=1, situations=situations, steps=steps)

        return run(participants, pool, one_more, lambda total: progress.update(bar, total=total))


def check_writable(folder: Path) -> None:
    """See to it that files can be written to a folder, and leave no trace of that.

    Args:
        folder: the folder; it need not be there yet.

    Raises:
        OSError: they cannot.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass
    for each in missing:
        each.rmdir()


def write_scenarios(violations: Iterable[Broken], folder: Path) -> list[Path | None]:
    """Write each violation as a scenario file, where a meeting shows it.

    The files of an earlier run are removed.

    Args:
        violations: what does not hold.
        folder: where the files go.

    Returns:
        The file of each violation.

    Raises:
        OSError: they cannot be written.
    """
    for old in folder.glob("*.yaml"):
        if _is_ours(old):
            old.unlink()
    written: list[Path | None] = []
    for each in violations:
        text = scenario(each)
        file = None
        if text is not None and _fails(text):
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{re.sub('[^a-z0-9]+', '-', each.name.lower()).strip('-')}.yaml"
            file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def _is_ours(file: Path) -> bool:
    mark = MARK.encode()
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(mark)) == mark


def _fails(text: str) -> bool:
    """Say whether `fsm play` comes to an expectation that does not hold."""
    try:
        [found] = parse(text.encode())
        return any(each.unexpected for each in play(found, open_meeting(found)))
    except Exception:
        return False  # `fsm play` could not show it either


def as_json(report: Report, files: list[Path | None]) -> dict[str, Any]:
    """Return the report as one JSON object.

    Args:
        report: the report.
        files: the file of each violation.
    """
    return {
        "participants": report.participants,
        "settings": report.resolved.settings,
        "plans": len(report.resolved.effects),
        "machines": {
            name: {
                "situations": found.situations,
                "transitions": found.steps,
                "rows": len(found.taken),
                "rows_taken": found.rows_taken,
                "conditions": found.conditions,
                "conditions_decided": found.decided,
            }
            for name, found in _machines(report)
        },
        "stop_table": [
            {
                "started_by": starter,
                "host_may_pause": may_pause,
                "stops_when": sorted(found),
                "rule": sorted(RULE[starter, may_pause]),
            }
            for (starter, may_pause), found in report.stop_table.items()
        ],
        "never_left": [
            {"plan": attrs.asdict(plan, filter=_no_source), "states": sorted(states)}
            for plan, states in report.stuck.items()
        ],
        "violations": [
            {
                "promise": each.name,
                "rules": list(each.rules),
                "what": each.what,
                "events": len(each.events),
                "file": None if file is None else str(file),
                "see": how_to_see(each),
            }
            for each, file in zip(report.violations, files, strict=True)
        ],
        "gaps": report.gaps,
    }


def _no_source(attribute: attrs.Attribute[Any], _: object) -> bool:
    return attribute.name != "source"


def _machines(report: Report) -> tuple[tuple[str, Findings], ...]:
    return (("policy", report.policy), ("recording", report.recording))


def show(out: Console, report: Report, files: list[Path | None]) -> None:
    """Show the report on a terminal.

    Args:
        out: the terminal.
        report: the report.
        files: the file of each violation.
    """
    resolved = report.resolved
    out.print(
        f"up to {report.participants} participants; {resolved.settings} settings "
        f"resolved to {len(resolved.effects)} plans that differ in effect\n"
    )
    out.print(_counts(report))
    for plan, states in report.stuck.items():
        out.print(Text(f"never left: {', '.join(sorted(states))}, under {_in_words(plan)}", "dim"))
    out.print("\nthe stop table of R16, as found:")
    out.print(_stop_table(report), "")
    for each, file in zip(report.violations, files, strict=True):
        rules = ", ".join(each.rules)
        title = Text.assemble(("violated: ", "bold red"), each.name)
        out.print(title.append(f" ({rules})" if rules else "", "magenta"))
        after = f", after {_counted(len(each.events), 'event')}" if each.events else ""
        out.print(Text(f"   {plain(each.what)}{after}"))
        out.print(Text(f"   {plain(how_to_see(each) if file is None else str(file))}", "dim"))
    for gap in report.gaps:
        out.print(Text.assemble(("gap: ", "bold red"), plain(gap)))
    style = "bold red" if report.violations or report.gaps else "green"
    violations = _counted(len(report.violations), "violation")
    out.print(Text(f"{violations}, {_counted(len(report.gaps), 'gap')}", style))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _in_words(plan: Plan) -> str:
    by_hand = f"by hand {' and '.join(plan.kinds) or 'nothing'}"
    if plan.kind is None:
        return f"no auto-recording, {by_hand}"
    may = "" if plan.host_may_pause else ", the host may not pause"
    return f"{plan.kind} started by {plan.started_by}{may}, {by_hand}"


def _counts(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    table.add_column("")
    for name, _ in _machines(report):
        table.add_column(name, justify="right")
    found = [each for _, each in _machines(report)]
    table.add_row("situations", *(str(each.situations) for each in found))
    table.add_row("transitions tried", *(str(each.steps) for each in found))
    table.add_row("rows taken", *(f"{each.rows_taken} of {len(each.taken)}" for each in found))
    table.add_row(
        "conditions with a deciding pair (MC/DC)",
        *(f"{each.decided} of {each.conditions}" for each in found),
    )
    return table


def _stop_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for heading in ("started by", "host may pause", "it stops when", "the rule says"):
        table.add_column(heading)
    for (starter, may_pause), found in report.stop_table.items():
        rule = RULE[starter, may_pause]
        agrees = Text("the same", "green")
        if found != rule:
            agrees = Text(_listed(rule), "bold red")
        may = "yes" if may_pause else "no"
        table.add_row(f"{starter}'s join", may, _listed(found), agrees)
    return table


def _listed(causes: Iterable[str]) -> str:
    return " · ".join(sorted(causes)) or "never"
