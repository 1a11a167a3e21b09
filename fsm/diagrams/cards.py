"""What stands inside a state, and on the card in the middle of an edge."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.diagrams.chinese import sayer
from fsm.diagrams.html import (
    BREAK,
    Piece,
    cell,
    centred,
    line,
    packed,
    packed_pieces,
    row,
    stacked,
    strut,
    table,
    text,
)
from fsm.diagrams.looks import (
    COMMANDS,
    FAINT,
    FILLS,
    INK,
    MARKS,
    PATH,
    PATH_FILL,
    REFUSED,
    RULES,
    SIGNS,
    SOFT,
)
from fsm.diagrams.model import Diagram, Line, Node, Stay, stays_of
from fsm.diagrams.path import numbers

_STAYS_WRAP = 46
_BADGE_WRAP = 8
_BELOW = 4
"""The room below a card that ends with text of several rows, which fill their cell."""


def state(diagram: Diagram, node: Node) -> str:
    """Return the words of a state."""
    say = sayer(diagram.lang)
    name = Piece(node.label, INK, True)
    if node.mark:
        words = f"{SIGNS[node.mark]} {node.label}"
        name = Piece(words, MARKS[node.mark], True, node.mark == "removed")
    rows = [row([centred([name], 17)])]
    colour = FAINT if diagram.view == "coverage" else SOFT
    for words, triggers in stays_of(node):
        pieces = (say(words) + say(": ") + triggers[0], *triggers[1:])
        rows += [
            row([centred([Piece(each, colour)], 11)])
            for each in packed(pieces, say(", "), _STAYS_WRAP)
        ]
    for stay in node.stays:
        rows += [row([centred(pieces, 12)]) for pieces in _marked(stay, diagram)]
    for refused in node.refused:
        words = f"✗ {numbers(refused.steps)} {refused.words(say(': '))}"
        rows.append(row([centred([Piece(words, REFUSED)], 12)]))
    return table(rows, 'BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0"')


def _marked(stay: Stay, diagram: Diagram) -> list[list[Piece]]:
    if stay.steps:
        return [[Piece(f"✓ {numbers(stay.steps)} {stay.trigger}", PATH)]]
    if stay.count:
        return [[Piece(f"✓ {stay.count}× {stay.trigger}", INK)]]
    if stay.change is None:
        return []
    colour, removed = MARKS[stay.change.mark], stay.change.mark == "removed"
    words = sayer(diagram.lang)("stays") + sayer(diagram.lang)(": ") + stay.trigger
    found = [[Piece(f"{SIGNS[stay.change.mark]} {words}", colour, not removed, removed)]]
    for each in stay.lines:
        if each.conditions or (stay.change.was and stay.change.was.conditions):
            found += _conditions(each, diagram, _STAYS_WRAP)
        found += [[piece] for piece in _remarks(each, diagram)]
    return found


def card(lines: Sequence[Line], diagram: Diagram, border: str, wrap: int) -> str:
    """Return the words of an edge: its lines, one below the other."""
    with_badge = any(each.steps or each.change or each.count is not None for each in lines)
    with_command = any(each.command or _was(each).command for each in lines)
    rows = []
    for each in lines:
        fill = f' BGCOLOR="{FILLS[each.change.mark]}"' if each.change else ""
        cells = []
        if with_badge:
            cells.append(cell(_badge(each), "RIGHT", fill))
        # What the strut of the last column leaves free at the right is left free here too.
        first = "" if with_badge else strut(13)
        inside = [first + line([_trigger(each, diagram)], 13)]
        said = [line(pieces, 13) for pieces in _conditions(each, diagram, wrap)]
        said += [line([piece], 13) for piece in _remarks(each, diagram)]
        inside.append(stacked(said) if said else "")
        if with_command:
            inside.append(_command(each, diagram))
        inside.append(_rules(each, diagram))
        rows.append(row([*cells, *(cell(words, attributes=fill) for words in inside)]))
    if "<BR" in rows[-1]:
        rows.append(row([f'<TD HEIGHT="{_BELOW}" CELLPADDING="0"></TD>']))
    background = PATH_FILL if any(each.steps for each in lines) else "white"
    return table(
        rows,
        f'BORDER="1" COLOR="{border}" BGCOLOR="{background}" STYLE="ROUNDED" '
        'CELLBORDER="0" CELLPADDING="2" CELLSPACING="1"',
    )


def _was(shown: Line) -> Line:
    return shown.change.was if shown.change and shown.change.was else shown


def _gone(shown: Line) -> bool:
    return shown.change is not None and shown.change.mark == "removed"


def _faint(shown: Line, diagram: Diagram, colour: str) -> str:
    """Return the colour of words of a line, or a paler one where nothing happened to it."""
    if shown.count == 0:
        return FAINT
    return SOFT if diagram.view == "changes" and shown.change is None else colour


def _badge(shown: Line) -> str:
    if shown.change:
        rows, colour = [SIGNS[shown.change.mark]], MARKS[shown.change.mark]
    elif shown.count is not None:
        rows, colour = [f"{shown.count}×"], FAINT if shown.count == 0 else PATH
    elif shown.steps:
        rows, colour = packed(numbers(shown.steps).split(), " ", _BADGE_WRAP), PATH
    else:
        return ""
    words = [strut(13) + text(each, 13, colour, bold=True) for each in rows]
    return words[0] if len(words) == 1 else "".join(each + BREAK for each in words)


def _trigger(shown: Line, diagram: Diagram) -> Piece:
    colour = MARKS[shown.change.mark] if shown.change else _faint(shown, diagram, INK)
    return Piece(shown.trigger, colour, not _gone(shown), _gone(shown))


def _conditions(shown: Line, diagram: Diagram, width: int) -> list[list[Piece]]:
    was = _was(shown).conditions
    gone = _gone(shown)
    colour = MARKS["removed"] if gone else _faint(shown, diagram, INK)
    pieces = [
        Piece(each, colour, struck=gone)
        if each in was
        else Piece(f"{SIGNS['added']} {each}", MARKS["added"], bold=True)
        for each in shown.conditions
    ]
    pieces += [
        Piece(each, MARKS["removed"], struck=True) for each in was if each not in shown.conditions
    ]
    if not pieces:
        return []
    rows = packed_pieces(pieces, Piece(sayer(diagram.lang)(", "), colour), width)
    rows = [_joined(each) for each in rows]
    rows[0].insert(0, Piece("[", colour))
    rows[-1].append(Piece("]", colour))
    return [_joined(each) for each in rows]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    # Words of one look are one text, so that nothing comes between them.
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and (last.colour, last.bold, last.struck) == (
            piece.colour,
            piece.bold,
            piece.struck,
        ):
            found[-1] = Piece(last.words + piece.words, last.colour, last.bold, last.struck)
        else:
            found.append(piece)
    return found


def _remarks(shown: Line, diagram: Diagram) -> list[Piece]:
    if shown.change is None:
        return []
    say = sayer(diagram.lang)
    colour = MARKS[shown.change.mark]
    said = [shown.change.elsewhere] if shown.change.elsewhere else []
    was = _was(shown)
    if was.conditions != shown.conditions and {*was.conditions} == {*shown.conditions}:
        said.append(say("conditions in another order"))
    if was.actions != shown.actions:
        before, after = (
            say(", ").join(each.actions).replace("_", " ") or say("nothing")
            for each in (was, shown)
        )
        said.append(f"{say('does')}{say(': ')}{before} → {after}")
    return [Piece(each, colour, bold=True) for each in said]


def _command(shown: Line, diagram: Diagram) -> str:
    was = _was(shown).command
    gone = _gone(shown)
    found = []
    if shown.command is not None:
        # Where colours say what changed, those of the commands would say it too.
        tone = INK if diagram.view == "changes" else COMMANDS[shown.command.tone]
        colour = MARKS["removed"] if gone else _faint(shown, diagram, tone)
        new = was != shown.command
        colour = MARKS["added"] if new else colour
        found.append(line([Piece(f"/ {shown.command.words}", colour, new, gone)], 13))
    if was is not None and was != shown.command:
        found.append(line([Piece(f"/ {was.words}", MARKS["removed"], struck=True)], 13))
    return stacked(found) if found else ""


def _rules(shown: Line, diagram: Diagram) -> str:
    was = _was(shown).rules
    pieces = [
        Piece(
            each, _faint(shown, diagram, RULES) if each in was else MARKS["added"], each not in was
        )
        for each in shown.rules
    ]
    pieces += [
        Piece(each, MARKS["removed"], struck=True) for each in was if each not in shown.rules
    ]
    spaced = [piece for each in pieces for piece in (each, Piece(" ", RULES))][:-1]
    return line(_joined(spaced), 13) if spaced else line([Piece("", RULES)], 13)
