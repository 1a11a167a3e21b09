"""``fsm review``: shows what a change of the rules does."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from fsm.cli.data import echo_json
from fsm.cli.errors import BadInput, remove_file, write_file
from fsm.cli.progress import shown_progress
from fsm.cli.usage import WholeNumber
from fsm.review.report import files, is_example, markdown, review, review_json
from fsm.review.versions import VersionError
from fsm.verify.meeting_space import MAX_PARTICIPANTS


@click.command("review")
@click.argument("version", metavar="REV")
@click.option("-o", "folder", type=Path, default=Path("out/review"), metavar="DIR",
              help="The folder of the report, scenarios and diagrams (out/review).")  # fmt: skip
@click.option("as_json", "--json", is_flag=True, help="Print one JSON object.")
@click.option("--participants", default=3, metavar="N",
              type=WholeNumber("a number of participants", 1, MAX_PARTICIPANTS),
              help="The maximum number of participants of a meeting, 1 to 6 (3).")  # fmt: skip
def review_command(version: str, folder: Path, as_json: bool, participants: int) -> None:
    """Show what a change of the rules does, compared with a git revision or a directory.

    Both versions answer all settings, and every event in every reachable situation. Each change of
    behaviour comes with its plainest example, as a scenario and a diagram in DIR. The report is
    Markdown. Exits 1 if anything differs.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"fsm review: {folder} is a file (name a folder)")
    gc.disable()  # a review leaves no cycles behind
    try:
        with shown_progress("reviewing", "situations", "events") as watch:
            result = review(version, participants, watch)
    except VersionError as error:
        raise BadInput(f"fsm review: {error}") from None
    finally:
        gc.enable()
    written = files(result)
    if folder.is_dir():
        for old in sorted(folder.iterdir()):
            if old.name not in written and is_example(old):
                remove_file(old)
    for name, content in written.items():
        write_file(folder / name, content)
    if as_json:
        echo_json(review_json(result))
    else:
        click.echo(markdown(result), nl=False)
    click.echo(f"wrote {folder}", err=True)
    sys.exit(1 if result.differs else 0)
