"""The complete book, which several tests of a process read."""

from functools import cache

from fsm.book.document import book_html
from fsm.book.graph import every_plan
from fsm.book.walk import explore_meetings


@cache
def full_graph():
    """Returns the graph of every plan."""
    return explore_meetings(every_plan())


@cache
def full_book():
    """Returns the book in both languages."""
    return book_html(full_graph(), ("en", "zh"))
