import json

import pytest

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, diff_diagrams
from fsm.diagrams.dump import dump
from fsm.diagrams.versions import diagram_data, diagram_of


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_diagram_survives_the_way_through_json(name, lang):
    shown = diagram(name, lang)
    assert not diff_diagrams(diagram_of(json.loads(json.dumps(diagram_data(shown)))), shown)


def test_what_a_later_version_tells_besides_is_left_out():
    data = diagram_data(diagram("policy"))
    data["nodes"][0]["later"] = data["later"] = 1
    assert not diff_diagrams(diagram_of(data), diagram("policy"))


def test_what_is_missing_is_an_error():
    data = diagram_data(diagram("policy"))
    del data["edges"][0]["lines"]
    with pytest.raises(KeyError, match="lines"):
        diagram_of(data)


def test_the_dump_has_every_diagram():
    told = json.loads(dump("zh"))
    assert [each["name"] for each in told["diagrams"]] == list(DIAGRAM_NAMES)
    assert told["diagrams"][0]["title"] == diagram("policy", "zh").title
