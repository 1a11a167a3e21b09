"""The review of a change of the rules, and its report: Markdown, JSON, scenarios and diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs

from fsm import diagrams
from fsm.diagrams.diff_report import escape_markdown
from fsm.diagrams.serialise import from_data
from fsm.review import versions
from fsm.review.comparison import Walk
from fsm.review.examples import MARK, Example, example_of
from fsm.review.grouping import ChangeGroup, attribute_to_console, grouped
from fsm.review.scope import ReviewScope
from fsm.review.settings import compare_settings, plan_starts
from fsm.review.words import sentence
from fsm.verify.processes import Watch

_MAX_SLUG = 60
"""The maximum length of the words in the name of a file."""
_MAX_FURTHER = 3
"""The maximum number of further differences of a change that its report lists."""
_DIAGRAM = re.compile(r"\d\d-[a-z0-9-]+\.svg|(policy|recording)-changes\.svg")
REPORT = "review.md"
"""The name of the file of the Markdown."""


@attrs.frozen
class ReviewedChange:
    """A group of differences, described.

    Args:
        group: the group.
        sentence: its plainest difference in words.
        example: its plainest example.
        name: the name of its files, without a suffix.
    """

    group: ChangeGroup
    sentence: str
    example: Example
    name: str


@attrs.frozen
class Review:
    """The review of a version against another one.

    Args:
        version: the name of the other version.
        participants: the maximum number of participants of a meeting.
        settings: the number of settings that were compared.
        situations: the number of situations that were compared.
        events: the number of events that were tried.
        changes: the changes of behaviour.
        added: the names that are new, each with its vocabulary.
        removed: the names that are gone, each with its vocabulary.
        diffs: the differences of the machines as tables.
        endless: whether the comparison was given up because a model seems to grow without end.
    """

    version: str
    participants: int
    settings: int
    situations: int
    events: int
    changes: list[ReviewedChange]
    added: list[tuple[str, str]]
    removed: list[tuple[str, str]]
    diffs: list[diagrams.DiagramDiff]
    endless: bool = False

    @property
    def differs(self) -> bool:
        """True if the behaviour or the vocabulary differs, or if the comparison was given up."""
        return bool(self.changes or self.added or self.removed or self.endless)


def review(version: str, participants: int, watch: Watch) -> Review:
    """Compares the current version with another one.

    Args:
        version: a git revision, or a directory with a version.
        participants: the maximum number of participants of a meeting.
        watch: called with the numbers of situations and events so far.

    Raises:
        VersionError: there is no such version, or it cannot be compared with.
    """
    with ExitStack() as stack:
        old = stack.enter_context(versions.opened(version))
        new = stack.enter_context(versions.current())
        scope = ReviewScope(old.hello, new.hello)
        settings = compare_settings(old, new, scope)
        policy = Walk(old, new, "policy", scope, watch)
        policy.run([(edition, 0) for edition in scope.names("edition")])
        recording = Walk(
            old, new, "recording", scope,
            lambda situations, events: watch(
                policy.situations + situations, policy.tried + events
            ),
        )  # fmt: skip
        recording.run(plan_starts(settings.plans, participants))
        attribute_to_console(settings.found, policy, scope)
        differences = [*recording.explain(), *policy.explain(), *settings.found]
        changes = []
        for number, group in enumerate(grouped(differences, scope), start=1):
            title = sentence(group.main)
            example = example_of(group.differences, title, old, new, scope)
            changes.append(ReviewedChange(group, title, example, _file_name(number, title)))
        old.send("diagrams")
        now = [diagrams.diagram(name) for name in ("policy", "recording")]
        before = {each["name"]: from_data(each) for each in old.receive()["diagrams"]}
        return Review(
            version, participants, settings.count, policy.situations + recording.situations,
            policy.tried + recording.tried, changes, scope.only_in("new"), scope.only_in("old"),
            [diagrams.compare(before.get(each.name) or diagrams.empty_diagram(each), each)
             for each in now],
            policy.endless or recording.endless,
        )  # fmt: skip


def _file_name(number: int, title: str) -> str:
    words = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")
    slug = words if len(words) <= _MAX_SLUG else words[: _MAX_SLUG + 1].rpartition("-")[0]
    return f"{number:02}-{slug}"


def files(result: Review) -> dict[str, bytes]:
    """Returns the content of each file of a review, by its name within the folder."""
    contents: dict[str, bytes] = {REPORT: markdown(result).encode()}
    for change in result.changes:
        if change.example.scenario is not None:
            contents[f"{change.name}.yaml"] = change.example.scenario.encode()
        if change.example.diagram is not None:
            contents[f"{change.name}.svg"] = change.example.diagram
    for diff in result.diffs:
        if diff:
            shown = diagrams.with_diff(diff, result.version)
            contents[_diff_name(diff)] = diagrams.render(shown, "svg")
    return contents


def is_example(file: Path) -> bool:
    """Returns whether a file is a scenario or a diagram of an earlier review."""
    if file.suffix == ".svg":
        return bool(_DIAGRAM.fullmatch(file.name))
    if file.suffix != ".yaml" or not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(MARK)) == MARK.encode()


def _diff_name(diff: diagrams.DiagramDiff) -> str:
    return diagrams.file_name(f"{diff.new.name}-changes", "svg", "en")


def markdown(result: Review) -> str:
    """Returns the report of a review in Markdown."""
    return "\n\n".join(_sections(result)) + "\n"


def _sections(result: Review) -> Iterator[str]:
    yield f"# Review against `{result.version.replace('`', '')}`"
    yield (
        f"Compared: {result.settings} settings, {result.situations} situations and "
        f"{result.events} events, in meetings of up to {result.participants} participants."
    )
    if result.endless:
        yield (
            "**Given up**: the model of a version seems to grow without end, so not every "
            "situation was compared."
        )
    if not result.differs:
        yield "**Nothing changed**: every answer, plan and form is the same."
    elif result.changes:
        yield _summary(result)
    elif result.added or result.removed:
        yield (
            "No answer, plan or form that both versions know changed. The vocabulary did: what "
            "the new names do is in the changed transitions below."
        )
    for number, change in enumerate(result.changes, start=1):
        yield f"## {number}. {escape_markdown(change.sentence)}"
        yield "\n".join(_facts(change))
        if change.example.diagram is not None:
            yield f"![The path of the example]({change.name}.svg)"
    if result.added or result.removed:
        yield "## Vocabulary"
        yield "\n".join(
            f"- {title}: {vocabulary} `{name}`"
            for title, names in (("New", result.added), ("Gone", result.removed))
            for vocabulary, name in names
        )
    if any(result.diffs):
        yield "## Changed transitions"
        yield diagrams.diff_markdown(result.diffs).strip()
        for diff in result.diffs:
            if diff:
                yield f"![The changed transitions]({_diff_name(diff)})"


def _summary(result: Review) -> str:
    count = len(result.changes)
    return f"**{count} change{'' if count == 1 else 's'} of behaviour.**"


def _facts(change: ReviewedChange) -> Iterator[str]:
    group = change.group
    yield f"- Kind: {_KINDS[group.main.kind]}"
    if group.settings:
        yield f"- Settings with another plan or form: {group.settings}"
    if group.situations:
        yield f"- Situations with another answer: {group.situations}"
    if group.rules:
        yield f"- Rules: {', '.join(group.rules)}"
    also = dict.fromkeys(map(sentence, group.differences))
    del also[change.sentence]
    for words in list(also)[:_MAX_FURTHER]:
        yield f"- Also: {escape_markdown(words)}"
    if len(also) > _MAX_FURTHER:
        yield f"- and {len(also) - _MAX_FURTHER} more answers of the same cause"
    example = change.example
    if example.scenario is not None:
        shown = "plays on both versions" if example.differs else "`fsm plan` shows it"
        yield f"- Example: [{change.name}.yaml]({change.name}.yaml), {shown}"


_KINDS = {
    "answers": "another answer",
    "settings": "another plan or form",
    "reasons": "other reasons for the same plan and form",
    "rules": "other rules named by the same answer",
}


def review_json(result: Review) -> dict[str, Any]:
    """Returns the report of a review as a JSON object."""
    return {
        "version": result.version,
        "participants": result.participants,
        "settings": result.settings,
        "situations": result.situations,
        "events": result.events,
        "endless": result.endless,
        "changes": [
            {
                "kind": change.group.main.kind,
                "difference": change.sentence,
                "settings": change.group.settings,
                "situations": change.group.situations,
                "rules": change.group.rules,
                "scenario": f"{change.name}.yaml" if change.example.scenario is not None else None,
                "diagram": f"{change.name}.svg" if change.example.diagram is not None else None,
                "old": change.group.main.old,
                "new": change.group.main.new,
                "start": change.group.main.start,
                "steps": list(change.group.main.events),
            }
            for change in result.changes
        ],
        "added": [{"vocabulary": vocabulary, "name": name} for vocabulary, name in result.added],
        "removed": [{"vocabulary": vocabulary, "name": name}
                    for vocabulary, name in result.removed],
        "tables": [diff.new.name for diff in result.diffs if diff],
    }  # fmt: skip
