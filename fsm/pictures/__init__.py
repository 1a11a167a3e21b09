"""The machines as pictures, drawn from their tables.

Needs the extra ``draw``: ``graphviz`` builds the graph, ``pygraphviz`` lays it out.
"""

from fsm.pictures.catalogue import NAMES, name_of, picture
from fsm.pictures.changed import with_changes
from fsm.pictures.changes import Changes, compare, empty
from fsm.pictures.coverage import untaken, with_counts
from fsm.pictures.drawing import ENDINGS, FORMATS, render
from fsm.pictures.folder import Fault, everything, files, foreign, stale
from fsm.pictures.gallery import file_name, gallery
from fsm.pictures.model import LANGS, Lang, Picture
from fsm.pictures.path import Step, with_path
from fsm.pictures.review import markdown
from fsm.pictures.versions import VersionError, pictures_of
from fsm.pictures.words import labels

__all__ = [
    "ENDINGS",
    "FORMATS",
    "LANGS",
    "NAMES",
    "Changes",
    "Fault",
    "Lang",
    "Picture",
    "Step",
    "VersionError",
    "compare",
    "empty",
    "everything",
    "file_name",
    "files",
    "foreign",
    "gallery",
    "labels",
    "markdown",
    "name_of",
    "picture",
    "pictures_of",
    "render",
    "stale",
    "untaken",
    "with_changes",
    "with_counts",
    "with_path",
]
