"""Reads the data of the book, as its page does."""

import base64
import json
import zlib


def unpacked(text):
    """Returns the data of a text that :func:`fsm.book.encoding.packed` wrote."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
