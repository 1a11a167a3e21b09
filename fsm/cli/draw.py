"""``fsm draw``: renders the machines, and their coverage by scenarios."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import attrs
import click

from fsm import diagrams
from fsm.cli.data import load_scenarios
from fsm.cli.errors import BadInput, count_of, write_file
from fsm.cli.machines import load_machine
from fsm.scenario import Scenario, open_meeting, play

_IMAGE_FORMATS = ("svg", "png")
_SCENARIO_SUFFIXES = (".yaml", ".yml", ".json")


@attrs.frozen
class _Selection:
    """The diagrams to draw; ``None`` means the default.

    Args:
        names: names of diagrams, and diagrams of the user's own machines.
        formats: file formats.
        lang: the language.
    """

    names: tuple[str | diagrams.Diagram, ...] | None = None
    formats: tuple[str, ...] | None = None
    lang: diagrams.Lang | None = None

    def __bool__(self) -> bool:
        return any((self.names, self.formats, self.lang))


@attrs.frozen
class _Result:
    """The files to write, by their names within the folder, and a report for standard output."""

    files: dict[str, bytes]
    report: str = ""


@click.command("draw")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "folder", type=Path, metavar="DIR",
              help="The folder of the diagrams (diagrams; out/coverage with "
                   "--covered-by).")  # fmt: skip
@click.option("--format", "formats", metavar="LIST",
              help="Formats, separated by commas: svg, png, dot, mermaid.")  # fmt: skip
@click.option("--lang", type=click.Choice(["en", "zh"]), help="The language of the labels.")
@click.option("--check", is_flag=True,
              help="Draw nothing; name each file in DIR that is stale, missing "
              "or superfluous.")  # fmt: skip
@click.option("--covered-by", multiple=True, metavar="PATH...",
              help="Count how often scenarios take each transition; "
                   "PATH is a scenario file or a directory of them.")  # fmt: skip
def draw_command(
    names: tuple[str, ...], folder: Path | None, formats: str | None, lang: str | None,
    check: bool, covered_by: tuple[str, ...],
) -> None:  # fmt: skip
    """Render the machines: the policy, the recording, and the recording under each plan.

    NAME is one of them, or MODULE:MACHINE: a frozen machine of your own.

    Without a NAME, a format or a language, DIR receives the complete gallery with its page.

    A gap is a transition that no scenario takes: --covered-by lists each after "never:". Whether
    every guard decides something by itself (MC/DC) is checked by fsm verify.
    """
    if check and covered_by:
        raise click.UsageError("--check and --covered-by exclude each other")
    if covered_by:
        names, more = split_names_and_paths(names)
        covered_by += more
    selection = _Selection(
        tuple(_own_diagram(name) if ":" in name else name for name in names) or None,
        tuple(formats.split(",")) if formats else None,
        cast(Literal["en", "zh"], lang) if lang else None,
    )
    if folder is not None and folder.exists() and not folder.is_dir():
        raise BadInput(f"fsm draw: {folder} is a file (name a folder)")
    try:
        if check:
            _check(folder or Path("diagrams"), selection)
            return
        if covered_by:
            folder = folder or Path("out/coverage")
            result = _coverage(load_scenarios(scenario_files(covered_by)), selection)
        else:
            folder = folder or Path("diagrams")
            result = _machines(folder, selection)
    except ValueError as error:
        raise BadInput(f"fsm draw: {error}") from None
    for name, content in result.files.items():
        write_file(folder / name, content)
        # A report stands alone on standard output, so that it can be passed on.
        click.echo(f"drew {folder / name}", err=bool(result.report))
    click.echo(result.report, nl=False)


def _own_diagram(name: str) -> diagrams.Diagram:
    """Returns the diagram of a machine of the user's own; module and attribute are its name."""
    _, machine = load_machine(name)
    return diagrams.machine_diagram(machine, name.replace(":", "."))


def _check(folder: Path, selection: _Selection) -> None:
    if not folder.exists():
        click.echo(f"{folder}: missing (fsm draw -o {folder} draws it)")
        sys.exit(1)
    if not selection:
        _refuse_foreign_page(folder)
    langs = (selection.lang,) if selection.lang else None
    faults = diagrams.stale_files(folder, selection.names, selection.formats, langs)
    for name, fault in faults.items():
        click.echo(f"{folder / name}: {fault}")
    if not faults:
        click.echo(f"the files in {folder} are current")
    sys.exit(1 if faults else 0)


def _machines(folder: Path, selection: _Selection) -> _Result:
    """Returns the selected diagrams, or the complete gallery."""
    if not selection:
        _refuse_foreign_page(folder)
        return _Result(dict(diagrams.gallery_files()))
    names = selection.names or diagrams.DIAGRAM_NAMES
    langs = (selection.lang,) if selection.lang else ("en",)
    return _Result(dict(diagrams.diagram_files(names, selection.formats, langs)))


def _refuse_foreign_page(folder: Path) -> None:
    page = diagrams.foreign_page(folder)
    if page is not None:
        raise ValueError(
            f"{page} is not a page of diagrams and is left alone "
            "(name another folder with -o, or choose NAMEs)"
        )


def _coverage(scenarios: Sequence[Scenario], selection: _Selection) -> _Result:
    """Returns the coverage of the selected diagrams, by default of the complete machine.

    A diagram of a plan counts the scenarios of that plan.
    """
    lang = selection.lang or "en"
    selected = [
        name if isinstance(name, diagrams.Diagram) else diagrams.diagram(name)
        for name in selection.names or ("recording",)
    ]
    for diagram in selected:
        if diagram.machine != "recording":
            raise ValueError(f"scenarios never take '{diagram.name}' (name a diagram of recording)")
    formats = _image_formats(selection)
    files, lines = {}, []
    for diagram in selected:
        matching = [
            scenario
            for scenario in scenarios
            if diagram.name in ("recording", diagrams.diagram_name(scenario.resolve().plan))
        ]
        covered = diagrams.with_coverage(diagram, row_counts(matching), len(matching))
        total = len(covered.transitions)
        never = diagrams.uncovered_transitions(covered, lang)
        lines.append(
            f"{diagram.name}: {total - len(never)} of {total} transitions taken by "
            f"{count_of(len(matching), 'scenario')} in "
            f"{count_of(len({scenario.file for scenario in matching}), 'file')}"
        )
        lines += [f"  never: {words}" for words in never]
        for kind in formats:
            name = diagrams.file_name(f"{diagram.name}-coverage", kind, lang)
            files[name] = diagrams.render(covered, kind, lang)
    return _Result(files, "\n".join(lines) + "\n")


def row_counts(scenarios: Iterable[Scenario]) -> Counter[Any]:
    """Returns the number of times each row is taken, by its definition."""
    return Counter(
        decided.row.definition
        for scenario in scenarios
        for step in play(scenario, open_meeting(scenario))
        for decided in step.decided
        if decided.row is not None
    )


def _image_formats(selection: _Selection) -> tuple[str, ...]:
    formats = selection.formats or _IMAGE_FORMATS
    for unknown in (name for name in formats if name not in diagrams.FORMATS):
        known = ", ".join(diagrams.FORMATS)
        raise ValueError(f"there is no format '{unknown}' (there are {known})")
    return formats


def split_names_and_paths(
    arguments: Iterable[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Splits arguments into names of diagrams and paths of scenarios.

    A shell expands a pattern to several paths, and only the first belongs to the option.
    """
    arguments = tuple(arguments)
    paths = tuple(
        argument
        for argument in arguments
        if argument not in diagrams.DIAGRAM_NAMES and (argument == "-" or Path(argument).exists())
    )
    return tuple(argument for argument in arguments if argument not in paths), paths


def scenario_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Returns the scenario files at paths; a directory stands for the files inside."""
    files: dict[str, None] = {}
    for path in paths:
        inside = [path]
        if path != "-" and not Path(path).exists():
            raise ValueError(
                f"there is no file '{path}' (name a scenario file, or a directory of them)"
            )
        if Path(path).is_dir():
            inside = [
                str(file)
                for file in sorted(Path(path).rglob("*"))
                if file.suffix in _SCENARIO_SUFFIXES and not file.name.endswith(".schema.json")
            ]
            if not inside:
                raise ValueError(f"there is no scenario in '{path}' (they end in .yaml or .json)")
        files |= dict.fromkeys(inside)
    return tuple(files)
