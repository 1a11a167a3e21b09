"""``fsm journal move``: moves all meetings and accounts between a journal and a cluster."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from fsm.cli.errors import BadInput, count_of, printable
from fsm.cli.progress import shown_progress
from fsm.runtime import HubError, Journal
from fsm.runtime.file_access import check_files, real_path
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.move import Moved, check_handlers, move_from_cluster, move_to_cluster
from fsm.runtime.restate.move_journal import MovingJournal

_BEFORE_BEGIN = (
    "nothing was moved, and a service may use the journal as before: remove what has these ids in "
    "the cluster, and repeat the move, or leave these in the journal with --skip-conflicts "
    "(docs/scaling.md, Moving)"
)
_AFTER_BEGIN = (
    "what was refused is in the journal alone, where no service answers from it: remove what has "
    "its id in the cluster, and repeat the move (docs/scaling.md, Moving)"
)


def move(source: str, target: str, admin_url: str | None, *, skip_conflicts: bool) -> None:
    """Moves all meetings and accounts, and prints the result; exits 1 if one was refused.

    Args:
        source: the file of a journal, or the address of a cluster.
        target: the other one of both.
        admin_url: the address of the administration of the cluster.
        skip_conflicts: whether the others are moved if ids are in use in the cluster.

    Raises:
        BadInput: the arguments are not valid, or the journal or the cluster cannot be used.
    """
    outgoing = _is_url(target)
    if outgoing == _is_url(source):
        raise BadInput(
            "fsm journal move: one of FROM and TO is the file of a journal, and the other one the "
            "URL of a cluster (fsm journal move meetings.db http://127.0.0.1:8080)"
        )
    file, url = (Path(source), target) if outgoing else (Path(target), source)
    try:
        moved = asyncio.run(
            _move(file, url, admin_url, outgoing=outgoing, skip_conflicts=skip_conflicts)
        )
    except (HubError, ValueError) as error:
        raise BadInput(printable(str(error))) from None
    for refusal in moved.refused:
        click.echo(printable(refusal), err=True)
    click.echo(
        f"{printable(target)}: {count_of(moved.meetings, 'meeting')} and "
        f"{count_of(moved.accounts, 'account')} moved"
        + f", {len(moved.refused)} refused"
        * bool(moved.refused)
    )
    if moved.refused:
        click.echo(_AFTER_BEGIN if moved.begun else _BEFORE_BEGIN, err=True)
    sys.exit(1 if moved.refused else 0)


async def _move(
    file: Path, url: str, admin_url: str | None, *, outgoing: bool, skip_conflicts: bool
) -> Moved:
    async with Cluster(url, admin_url) as cluster:
        # Before the file is opened: a journal to move to would be left empty.
        await check_handlers(cluster)
        check_files(str(file), real_path(str(file)), must_exist=outgoing)
        if outgoing:
            with Journal(file, readonly=True):
                pass  # opened for writing, an empty file would become a journal
        progress = shown_progress("moving", "meetings", "events")
        with MovingJournal(file, lock=True) as journal, progress as watch:
            if outgoing:
                return await move_to_cluster(journal, cluster, watch, skip_conflicts=skip_conflicts)
            return await move_from_cluster(cluster, journal, watch)


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))
