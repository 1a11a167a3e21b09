import json

import pytest

from fsm.pictures import LANGS, NAMES, compare, picture
from fsm.pictures.dump import dump
from fsm.pictures.plain import as_data, picture_of


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_survives_the_way_through_json(name, lang):
    shown = picture(name, lang)
    assert not compare(picture_of(json.loads(json.dumps(as_data(shown)))), shown)


def test_what_a_later_version_tells_besides_is_left_out():
    data = as_data(picture("policy"))
    data["nodes"][0]["later"] = data["later"] = 1
    assert not compare(picture_of(data), picture("policy"))


def test_what_is_missing_is_an_error():
    data = as_data(picture("policy"))
    del data["edges"][0]["lines"]
    with pytest.raises(KeyError, match="lines"):
        picture_of(data)


def test_the_dump_has_every_picture():
    told = json.loads(dump("zh"))
    assert [each["name"] for each in told["pictures"]] == list(NAMES)
    assert told["pictures"][0]["title"] == picture("policy", "zh").title
