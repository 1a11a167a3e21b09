"""The machines as pictures, drawn from their tables.

Needs the extra ``draw``: ``graphviz`` builds the graph, ``pygraphviz`` lays it out.
"""

from fsm.diagrams.catalogue import NAMES, diagram, name_of
from fsm.diagrams.changed import with_changes
from fsm.diagrams.changes import Changes, compare, empty
from fsm.diagrams.coverage import untaken, with_counts
from fsm.diagrams.drawing import ENDINGS, FORMATS, render
from fsm.diagrams.folder import Fault, everything, files, foreign, stale
from fsm.diagrams.gallery import file_name, gallery
from fsm.diagrams.model import LANGS, Diagram, Lang
from fsm.diagrams.path import Step, with_path
from fsm.diagrams.review import markdown
from fsm.diagrams.versions import VersionError, diagrams_of
from fsm.diagrams.words import labels

__all__ = [
    "ENDINGS",
    "FORMATS",
    "LANGS",
    "NAMES",
    "Changes",
    "Diagram",
    "Fault",
    "Lang",
    "Step",
    "VersionError",
    "compare",
    "diagram",
    "diagrams_of",
    "empty",
    "everything",
    "file_name",
    "files",
    "foreign",
    "gallery",
    "labels",
    "markdown",
    "name_of",
    "render",
    "stale",
    "untaken",
    "with_changes",
    "with_counts",
    "with_path",
]
