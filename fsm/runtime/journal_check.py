"""The check of a journal: its file, its rows, and its answers, which are decided again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy

import attrs

from fsm.recording import Meeting, Outcome
from fsm.recording.outcome import SetTimer
from fsm.runtime import answers
from fsm.runtime.errors import JournalError
from fsm.runtime.journal import Journal
from fsm.runtime.journal_reader import Summary
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.rules_version import RulesVersion, current_rules
from fsm.translation import ENGLISH, Translator

_PAGE = 1000


@attrs.frozen
class Finding:
    """One finding of the check.

    Args:
        text: the finding, in words.
        fault: whether something is wrong with the journal. An answer that was given under other
            rules is no fault if today's rules would give another one: it stands (D16). Neither is
            a recorder that has messages of an earlier meeting with the same id.
    """

    text: str
    fault: bool = True


def all_meetings(journal: Journal) -> Iterator[Summary]:
    """Yields every meeting, in the order of their ids."""
    after = ""
    while page := journal.meetings(after, _PAGE):
        yield from page
        after = page[-1].id


def check_journal(
    journal: Journal, watch: Callable[[int, int], None] = lambda meetings, events: None
) -> Iterator[Finding]:
    """Yields the findings of a journal.

    The integrity of the file and the checksums of all rows are checked. Every event is decided
    again, by the rules of this program, in the situation to which the answers before it led.

    Args:
        journal: the journal.
        watch: called with the numbers of meetings and events so far.
    """
    yield from map(Finding, journal.integrity_errors())
    yield from map(Finding, journal.row_errors())
    events = 0
    for meetings, summary in enumerate(all_meetings(journal)):
        watch(meetings, events)
        events += summary.events
        try:
            with journal.at_one_moment():
                live = journal.load(summary.id)
                # A missing meeting was pruned meanwhile.
                findings = list(_check_meeting(journal, live)) if live is not None else []
        except JournalError as error:
            yield Finding(str(error).removeprefix(f"{journal.file}: "))
            continue
        for finding in findings:
            yield attrs.evolve(finding, text=f"meeting {summary.id!r}: {finding.text}")


def _check_meeting(journal: Journal, live: LiveMeeting) -> Iterator[Finding]:
    if live.settings.resolve().plan != live.plan:
        rules = journal.rules_of_opening(live.id)
        yield _difference_finding(rules, "its settings lead to another plan than the recorded one")
    messages = journal.outbox(live.id)
    remaining = iter(messages)
    event_ids: set[str | None] = set()
    differences: dict[RulesVersion | None, list[str]] = {}
    meeting = Meeting(live.plan)
    for recorded in journal.recorded_answers(live.id):
        entry = recorded.entry
        if entry.outcome.before != meeting.state:
            yield Finding(f"event {entry.seq} began in {entry.outcome.before}, not {meeting.state}")
        decided = copy(meeting)
        outcome = decided.handle(entry.event)
        answers.apply(meeting, recorded.answer, recorded.presence)
        if (outcome, decided) != (entry.outcome, meeting):
            differences.setdefault(recorded.rules, []).append(
                f"event {entry.seq} was answered with {in_words(entry.outcome)}, and would now be "
                f"answered with {in_words(outcome)}"
            )
        if entry.id is not None and entry.id in event_ids:
            yield Finding(f"event {entry.seq} has the id {entry.id!r} of an earlier one")
        event_ids.add(entry.id)
        # The outbox has these commands in this order, with those of reconciliation in between.
        for command in entry.outcome.recorder:
            if not any(message.command == command for message in remaining):
                yield Finding(f"the {command.command} command of event {entry.seq} is missing")
    for rules, texts in differences.items():
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        yield _difference_finding(rules, texts[0] + more)
    if live.closed and (live.pending or not live.situation.ended):
        yield Finding("it is closed, but it is not over or has pending commands")
    yield from _check_sequences(messages, journal.outbox(live.id, delivered_only=True))


def _check_sequences(
    messages: list[OutboxMessage], delivered: list[OutboxMessage]
) -> Iterator[Finding]:
    """Yields the places where the recorder was ahead of the outbox."""
    last = 0
    for message in messages:
        if message.expected_sequence > last:
            applied = f"its recorder had applied message {message.expected_sequence}"
            if delivered and delivered[0].sequence <= last:
                yield Finding(
                    f"{applied} when the journal ended at {last}: newer events are missing (was "
                    "the file restored from a copy?)"
                )
            else:
                yield Finding(
                    f"{applied} before any of this meeting: the id was that of a meeting that was "
                    "pruned (or the file was restored from a copy, and newer events are missing)",
                    fault=False,
                )
        last = message.sequence


def in_words(outcome: Outcome, translate: Translator = ENGLISH) -> str:
    """Returns an outcome in words.

    Args:
        outcome: the outcome.
        translate: the translation of the words.

    >>> in_words(Outcome("recording", "recording", refused="not_host"))
    'recording, refused: not_host'
    >>> from fsm.recording import PauseRecorder
    >>> in_words(Outcome("recording", "paused", (PauseRecorder(),), ("R9",)))
    'paused, pause (R9)'
    """
    words = [translate.name("state", outcome.state)]
    words += [translate.name("command", command.command) for command in outcome.recorder]
    if outcome.refused is not None:
        reason = translate.name("reason", outcome.refused)
        words.append(translate.fill("refused: {reason}", reason=reason))
    for change in outcome.timers:
        timer = translate.name("timer", change.timer)
        if isinstance(change, SetTimer):
            words.append(
                translate.fill(
                    "set {timer} after {duration}",
                    timer=timer,
                    duration=translate.duration(change.after),
                )
            )
        else:
            words.append(translate.fill("cancel {timer}", timer=timer))
    text, rules = (translate(", ").join(each) for each in (words, outcome.rules))
    return text + (translate.fill(" ({values})", values=rules) if rules else "")


def _difference_finding(rules: RulesVersion | None, difference: str) -> Finding:
    """Returns the finding that today's rules decide otherwise than those of an answer."""
    if rules == current_rules():
        return Finding(f"{difference}, under the same rules")
    by = "rules that are not recorded" if rules is None else f"the rules of {rules}"
    return Finding(f"answered by {by}: {difference}", fault=False)
