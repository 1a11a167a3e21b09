"""``fsm book``: writes the rules as one HTML file, to read, to step through and to try."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from tempfile import TemporaryFile

import click

from fsm.book.document import book_html
from fsm.book.graph import every_plan
from fsm.book.walk import GraphError, explore_meetings
from fsm.cli.errors import BadInput, count_of, make_parent, not_writable, write_file
from fsm.cli.progress import shown_progress
from fsm.translation import LANGS, Lang


@click.command("book")
@click.option("-o", "file", type=Path, default=Path("book.html"), metavar="FILE.html",
              help="The file (book.html).")  # fmt: skip
@click.option("--lang", "langs", default="en", metavar="LIST",
              help="Languages, separated by commas: en, zh (en).")  # fmt: skip
def book_command(file: Path, langs: str) -> None:
    """Write the rules as one HTML file, for readers who install nothing.

    FILE has the pictures of both machines, every rule with its transitions, and the examples to
    step through. In it, any event can be tried under every plan, with up to three participants: it
    holds the answers of all their situations, explored as fsm verify does, and no rule of its own.
    It opens from a disk or a mail, and loads nothing.
    """
    chosen = _languages(langs)
    _check_file(file)
    # Nothing here leaves cycles behind, and looking for them takes a fifth of the time.
    gc.disable()
    try:
        with shown_progress("exploring", "situations", "events") as watch:
            graph = explore_meetings(
                every_plan(), lambda found: watch(found.situations, found.steps)
            )
            content = book_html(graph, chosen).encode()
    except GraphError as error:
        click.echo(f"fsm book: {error}", err=True)
        sys.exit(1)
    finally:
        gc.enable()
    write_file(file, content)
    click.echo(f"wrote {file}: {len(content) / 1e6:.1f} MB, {count_of(len(graph.plans), 'plan')}, "
               f"{sum(graph.situations()):,} situations, {graph.steps:,} events")  # fmt: skip


def _languages(text: str) -> tuple[Lang, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in LANGS:
            raise BadInput(
                f"fsm book: there is no language '{name}' (there are {', '.join(LANGS)})"
            )
    return tuple(lang for name in names for lang in LANGS if lang == name)


def _check_file(file: Path) -> None:
    """Checks that the file can be written, before the long work."""
    if file.is_dir():
        raise BadInput(f"fsm book: {file} is a folder (name a file, such as {file / 'book.html'})")
    make_parent(file)
    try:
        if file.exists():
            with file.open("ab"):
                pass
        else:
            with TemporaryFile(dir=file.parent):
                pass
    except OSError as error:
        raise not_writable(file, error) from None
