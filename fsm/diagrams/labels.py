"""The labels of states and edges."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.diagrams.html import (
    BREAK,
    Piece,
    centred_cell,
    html_cell,
    html_row,
    html_table,
    html_text,
    stacked_lines,
    strut,
    text_line,
    wrap_pieces,
    wrap_words,
)
from fsm.diagrams.model import Diagram, Line, Node, Stay, stays_of
from fsm.diagrams.theme import (
    COMMAND_COLOURS,
    FAINT_COLOUR,
    MARK_COLOURS,
    MARK_FILLS,
    MARK_SIGNS,
    REFUSED_COLOUR,
    RULES_COLOUR,
    SECONDARY_COLOUR,
    TEXT_COLOUR,
    TRACE_COLOUR,
    TRACE_FILL,
)
from fsm.diagrams.trace_view import step_numbers
from fsm.diagrams.translation import translator

_STAYS_WRAP = 46
_BADGE_WRAP = 8
_BELOW = 4
"""The space below a label that ends with several rows of text."""


def state_label(diagram: Diagram, node: Node) -> str:
    """Returns the label of a state."""
    translate = translator(diagram.lang)
    name = Piece(node.label, TEXT_COLOUR, True)
    if node.mark:
        words = f"{MARK_SIGNS[node.mark]} {node.label}"
        name = Piece(words, MARK_COLOURS[node.mark], True, node.mark == "removed")
    rows = [html_row([centred_cell([name], 17)])]
    colour = FAINT_COLOUR if diagram.view == "coverage" else SECONDARY_COLOUR
    for words, triggers in stays_of(node):
        pieces = (translate(words) + translate(": ") + triggers[0], *triggers[1:])
        rows += [
            html_row([centred_cell([Piece(each, colour)], 11)])
            for each in wrap_words(pieces, translate(", "), _STAYS_WRAP)
        ]
    for stay in node.stays:
        rows += [html_row([centred_cell(pieces, 12)]) for pieces in _marked(stay, diagram)]
    for refused in node.refused:
        words = f"✗ {step_numbers(refused.steps)} {refused.words(translate(': '))}"
        rows.append(html_row([centred_cell([Piece(words, REFUSED_COLOUR)], 12)]))
    return html_table(rows, 'BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0"')


def _marked(stay: Stay, diagram: Diagram) -> list[list[Piece]]:
    if stay.steps:
        return [[Piece(f"✓ {step_numbers(stay.steps)} {stay.trigger}", TRACE_COLOUR)]]
    if stay.count:
        return [[Piece(f"✓ {stay.count}× {stay.trigger}", TEXT_COLOUR)]]
    if stay.change is None:
        return []
    colour, removed = MARK_COLOURS[stay.change.mark], stay.change.mark == "removed"
    words = translator(diagram.lang)("stays") + translator(diagram.lang)(": ") + stay.trigger
    found = [[Piece(f"{MARK_SIGNS[stay.change.mark]} {words}", colour, not removed, removed)]]
    for each in stay.lines:
        if each.conditions or (stay.change.was and stay.change.was.conditions):
            found += _conditions(each, diagram, _STAYS_WRAP)
        found += [[piece] for piece in _remarks(each, diagram)]
    return found


def edge_label(lines: Sequence[Line], diagram: Diagram, border: str, wrap: int) -> str:
    """Returns the label of an edge: its lines, one below the other."""
    with_badge = any(each.steps or each.change or each.count is not None for each in lines)
    with_command = any(each.command or _was(each).command for each in lines)
    rows = []
    for each in lines:
        fill = f' BGCOLOR="{MARK_FILLS[each.change.mark]}"' if each.change else ""
        cells = []
        if with_badge:
            cells.append(html_cell(_badge(each), "RIGHT", fill))
        # The strut of the last column leaves space at the right; this leaves as much at the left.
        first = "" if with_badge else strut(13)
        inside = [first + text_line([_trigger(each, diagram)], 13)]
        said = [text_line(pieces, 13) for pieces in _conditions(each, diagram, wrap)]
        said += [text_line([piece], 13) for piece in _remarks(each, diagram)]
        inside.append(stacked_lines(said) if said else "")
        if with_command:
            inside.append(_command(each, diagram))
        inside.append(_rules(each, diagram))
        rows.append(html_row([*cells, *(html_cell(words, attributes=fill) for words in inside)]))
    if "<BR" in rows[-1]:
        rows.append(html_row([f'<TD HEIGHT="{_BELOW}" CELLPADDING="0"></TD>']))
    background = TRACE_FILL if any(each.steps for each in lines) else "white"
    return html_table(
        rows,
        f'BORDER="1" COLOR="{border}" BGCOLOR="{background}" STYLE="ROUNDED" '
        'CELLBORDER="0" CELLPADDING="2" CELLSPACING="1"',
    )


def _was(shown: Line) -> Line:
    return shown.change.was if shown.change and shown.change.was else shown


def _gone(shown: Line) -> bool:
    return shown.change is not None and shown.change.mark == "removed"


def _faint(shown: Line, diagram: Diagram, colour: str) -> str:
    """Returns the colour of a line's text, a paler one for an unaffected line."""
    if shown.count == 0:
        return FAINT_COLOUR
    return SECONDARY_COLOUR if diagram.view == "changes" and shown.change is None else colour


def _badge(shown: Line) -> str:
    if shown.change:
        rows, colour = [MARK_SIGNS[shown.change.mark]], MARK_COLOURS[shown.change.mark]
    elif shown.count is not None:
        rows, colour = [f"{shown.count}×"], FAINT_COLOUR if shown.count == 0 else TRACE_COLOUR
    elif shown.steps:
        rows, colour = wrap_words(step_numbers(shown.steps).split(), " ", _BADGE_WRAP), TRACE_COLOUR
    else:
        return ""
    words = [strut(13) + html_text(each, 13, colour, bold=True) for each in rows]
    return words[0] if len(words) == 1 else "".join(each + BREAK for each in words)


def _trigger(shown: Line, diagram: Diagram) -> Piece:
    colour = (
        MARK_COLOURS[shown.change.mark] if shown.change else _faint(shown, diagram, TEXT_COLOUR)
    )
    return Piece(shown.trigger, colour, not _gone(shown), _gone(shown))


def _conditions(shown: Line, diagram: Diagram, width: int) -> list[list[Piece]]:
    was = _was(shown).conditions
    gone = _gone(shown)
    colour = MARK_COLOURS["removed"] if gone else _faint(shown, diagram, TEXT_COLOUR)
    pieces = [
        Piece(each, colour, struck=gone)
        if each in was
        else Piece(f"{MARK_SIGNS['added']} {each}", MARK_COLOURS["added"], bold=True)
        for each in shown.conditions
    ]
    pieces += [
        Piece(each, MARK_COLOURS["removed"], struck=True)
        for each in was
        if each not in shown.conditions
    ]
    if not pieces:
        return []
    rows = wrap_pieces(pieces, Piece(translator(diagram.lang)(", "), colour), width)
    rows = [_joined(each) for each in rows]
    rows[0].insert(0, Piece("[", colour))
    rows[-1].append(Piece("]", colour))
    return [_joined(each) for each in rows]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    # Pieces of one style become one text, so that nothing separates them.
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
    translate = translator(diagram.lang)
    colour = MARK_COLOURS[shown.change.mark]
    said = [shown.change.elsewhere] if shown.change.elsewhere else []
    was = _was(shown)
    if was.conditions != shown.conditions and {*was.conditions} == {*shown.conditions}:
        said.append(translate("guards in another order"))
    if was.actions != shown.actions:
        before, after = (
            translate(", ").join(each.actions).replace("_", " ") or translate("nothing")
            for each in (was, shown)
        )
        said.append(f"{translate('does')}{translate(': ')}{before} → {after}")
    return [Piece(each, colour, bold=True) for each in said]


def _command(shown: Line, diagram: Diagram) -> str:
    was = _was(shown).command
    gone = _gone(shown)
    found = []
    if shown.command is not None:
        # In the diff view, colours mark differences only.
        tone = TEXT_COLOUR if diagram.view == "changes" else COMMAND_COLOURS[shown.command.tone]
        colour = MARK_COLOURS["removed"] if gone else _faint(shown, diagram, tone)
        new = was != shown.command
        colour = MARK_COLOURS["added"] if new else colour
        found.append(text_line([Piece(f"/ {shown.command.words}", colour, new, gone)], 13))
    if was is not None and was != shown.command:
        found.append(text_line([Piece(f"/ {was.words}", MARK_COLOURS["removed"], struck=True)], 13))
    return stacked_lines(found) if found else ""


def _rules(shown: Line, diagram: Diagram) -> str:
    was = _was(shown).rules
    pieces = [
        Piece(
            each,
            _faint(shown, diagram, RULES_COLOUR) if each in was else MARK_COLOURS["added"],
            each not in was,
        )
        for each in shown.rules
    ]
    pieces += [
        Piece(each, MARK_COLOURS["removed"], struck=True) for each in was if each not in shown.rules
    ]
    spaced = [piece for each in pieces for piece in (each, Piece(" ", RULES_COLOUR))][:-1]
    return text_line(_joined(spaced), 13) if spaced else text_line([Piece("", RULES_COLOUR)], 13)
