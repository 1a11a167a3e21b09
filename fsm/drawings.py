"""What `fsm draw` draws: files, and what there is to say about them.

A picture knows nothing of scenarios, and a scenario nothing of pictures; here they meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from fsm import diagrams
from fsm.scenario import Scenario, opened, play

_TO_LOOK_AT = ("svg", "png")
_ENDINGS = (".yaml", ".yml", ".json")


@attrs.frozen
class Choice:
    """What was asked for; ``None`` stands for what is usual.

    Args:
        names: these pictures.
        formats: in these formats.
        lang: in this language.
    """

    names: tuple[str, ...] | None = None
    formats: tuple[str, ...] | None = None
    lang: diagrams.Lang | None = None

    def __bool__(self) -> bool:
        return any((self.names, self.formats, self.lang))


@attrs.frozen
class Drawn:
    """Pictures, and what there is to say about them.

    Args:
        files: the content of each file by its name, seen from the folder.
        said: the words.
    """

    files: dict[str, bytes]
    said: str


def machines(folder: Path, choice: Choice) -> Drawn:
    """Return the files of the machines: those that were chosen, or the whole gallery.

    Raises:
        ValueError: there is no such picture or format, or somebody else wrote the page
            of the folder.
    """
    if not choice:
        _refuse_a_foreign_page(folder)
        return Drawn(dict(diagrams.gallery_files()), "")
    langs = (choice.lang,) if choice.lang else ("en",)
    files = diagrams.diagram_files(choice.names or diagrams.DIAGRAM_NAMES, choice.formats, langs)
    return Drawn(dict(files), "")


def faults(folder: Path, choice: Choice) -> dict[str, diagrams.StaleReason]:
    """Return what is wrong with the files of a folder.

    Raises:
        ValueError: there is no such picture or format, or somebody else wrote the page
            of the folder.
    """
    if not choice:
        _refuse_a_foreign_page(folder)
    langs = (choice.lang,) if choice.lang else None
    return diagrams.stale_files(folder, choice.names, choice.formats, langs)


def changes(version: str, choice: Choice) -> Drawn:
    """Return what changed since another version of the project, and pictures of it.

    Args:
        version: a directory or a git revision.
        choice: without names, both machines as a whole.

    Raises:
        ValueError: there is no such picture, format or version.
    """
    lang = choice.lang or "en"
    shown = [diagrams.diagram(name, lang) for name in choice.names or ("policy", "recording")]
    formats = _formats(choice)
    try:
        others = diagrams.diagrams_of_version(version, lang)
    except diagrams.VersionError as error:
        raise ValueError(str(error)) from None
    compared = [
        diagrams.compare(others.get(each.name) or diagrams.empty_diagram(each), each)
        for each in shown
    ]
    files = {}
    for each in compared:
        if each:
            diagram = diagrams.with_diff(each, version)
            for kind in formats:
                name = diagrams.file_name(f"{diagram.name}-changes", kind, lang)
                files[name] = diagrams.render(diagram, kind)
    return Drawn(files, diagrams.diff_markdown(compared, version, lang))


def coverage(scenarios: Sequence[Scenario], choice: Choice) -> Drawn:
    """Return how often scenarios took each transition, and pictures of it.

    Args:
        scenarios: what is played.
        choice: without names, the whole recording machine; a picture of one plan counts
            the scenarios of that plan.

    Raises:
        ValueError: there is no such picture or format, or it is not of meetings.
    """
    lang = choice.lang or "en"
    shown = [diagrams.diagram(name, lang) for name in choice.names or ("recording",)]
    for each in shown:
        if each.machine != "recording":
            raise ValueError(f"scenarios never take '{each.name}' (name a picture of recording)")
    formats = _formats(choice)
    files, said = {}, []
    for each in shown:
        fitting = [one for one in scenarios if each.name in ("recording", _plan_of(one))]
        diagram = diagrams.with_coverage(each, counts(fitting), len(fitting))
        total, never = diagrams.uncovered_transitions(diagram)
        said.append(
            f"{each.name}: {total - len(never)} of {total} transitions taken by "
            f"{_counted(len(fitting), 'scenario')} in "
            f"{_counted(len({one.file for one in fitting}), 'file')}"
        )
        said += [f"  never: {words}" for words in never]
        for kind in formats:
            name = diagrams.file_name(f"{each.name}-coverage", kind, lang)
            files[name] = diagrams.render(diagram, kind)
    return Drawn(files, "\n".join(said) + "\n")


def counts(scenarios: Iterable[Scenario]) -> Counter[Any]:
    """Return how often each row is taken when scenarios are played, by its definition."""
    return Counter(
        step.row.definition
        for scenario in scenarios
        for step in play(scenario, opened(scenario))
        if step.row is not None
    )


def told_apart(given: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of pictures and the paths of scenarios among what was given.

    A shell makes several paths of one pattern; none but the first belongs to the option.
    """
    given = tuple(given)
    paths = tuple(
        each
        for each in given
        if each not in diagrams.DIAGRAM_NAMES and (each == "-" or Path(each).exists())
    )
    return tuple(each for each in given if each not in paths), paths


def scenario_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the scenario files that paths stand for: a directory for those inside it.

    Raises:
        ValueError: there is none in a directory.
    """
    found: dict[str, None] = {}
    for path in paths:
        inside = [path]
        if Path(path).is_dir():
            inside = [
                str(each)
                for each in sorted(Path(path).rglob("*"))
                if each.suffix in _ENDINGS and not each.name.endswith(".schema.json")
            ]
            if not inside:
                raise ValueError(f"there is no scenario in '{path}' (they end in .yaml or .json)")
        found |= dict.fromkeys(inside)
    return tuple(found)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _plan_of(scenario: Scenario) -> str:
    return diagrams.diagram_name(scenario.resolve().plan)


def _formats(choice: Choice) -> tuple[str, ...]:
    formats = choice.formats or _TO_LOOK_AT
    for unknown in (each for each in formats if each not in diagrams.FORMATS):
        there = ", ".join(diagrams.FORMATS)
        raise ValueError(f"there is no format '{unknown}' (there are {there})")
    return formats


def _refuse_a_foreign_page(folder: Path) -> None:
    page = diagrams.foreign_page(folder)
    if page is not None:
        raise ValueError(
            f"{page} is not a page of pictures and is left alone "
            "(name another folder with -o, or choose NAMEs)"
        )
