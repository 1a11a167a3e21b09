"""The machines as pictures, drawn from their tables.

Needs the extra ``draw``: ``graphviz`` builds the graph, ``pygraphviz`` lays it out.
"""

from fsm.pictures.catalogue import NAMES, labels, name_of, picture
from fsm.pictures.drawing import ENDINGS, FORMATS, render
from fsm.pictures.folder import Fault, everything, files, foreign, stale
from fsm.pictures.gallery import gallery
from fsm.pictures.model import LANGS, Lang, Picture
from fsm.pictures.path import Step, with_path

__all__ = [
    "ENDINGS",
    "FORMATS",
    "LANGS",
    "NAMES",
    "Fault",
    "Lang",
    "Picture",
    "Step",
    "everything",
    "files",
    "foreign",
    "gallery",
    "labels",
    "name_of",
    "picture",
    "render",
    "stale",
    "with_path",
]
