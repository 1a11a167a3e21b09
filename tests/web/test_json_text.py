"""JSON texts in which no object has a key twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.decode import DecodeError
from fsm.web.json_text import load_json
from fsm.web.token_file import TokenFileError, read_tokens

from .serving import JOIN, problem

TEXTS = st.text(alphabet='ab":\\{é\u2028', max_size=3)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def written(data, chance, repeat):
    """Writes data as JSON; repeats some keys, whose values come first without effect."""
    if isinstance(data, list):
        return f"[{', '.join(written(item, chance, repeat) for item in data)}]"
    if isinstance(data, dict):
        pairs = [(key, written(value, chance, repeat)) for key, value in data.items()]
        if pairs and repeat and chance.random() < 0.3:
            pairs.insert(0, (pairs[-1][0], '"earlier"'))
            repeat.append(pairs[0][0])
        inside = ", ".join(f"{json.dumps(key)} : {value}" for key, value in pairs)
        return f"{{{inside}}}"
    return json.dumps(data, ensure_ascii=chance.random() < 0.5)


@given(DATA, st.randoms(use_true_random=False))
def test_texts_without_a_repeated_key_are_read_as_they_are(data, chance):
    assert load_json(written(data, chance, []).encode()) == data


@given(DATA, st.randoms(use_true_random=False))
def test_a_repeated_key_is_never_overlooked(data, chance):
    repeated = [None]
    text = written(data, chance, repeated).encode()
    if len(repeated) == 1:
        assert load_json(text) == data
    else:
        with pytest.raises(DecodeError, match="is given twice"):
            load_json(text)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b'{"a": 1, "a": 1}', "/a"),
        (b'{"a": {"b": "x", "c": 0, "b": "x"}}', "/a/b"),
        (b'[{"x": ""}, {"a/~": 1, "a\\u002f~": ":"}]', "/1/a~1~0"),
        (b'{"b": %s, "b": 0}' % (b"9" * 300), "/b"),
        (b'{"\\"": 1, "\\"": 2}', '/"'),
    ],
)
def test_the_error_names_the_place_of_the_key(text, pointer):
    with pytest.raises(DecodeError) as raised:
        load_json(text)
    [fault] = raised.value.faults
    assert fault.pointer == pointer
    assert fault.detail.endswith("is given twice (give it once)")


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"\xff", b'"\\ud800"', b"\xef\xbb\xbf{}"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        load_json(text)


@pytest.mark.parametrize(
    "body",
    [
        '{"end": {}, "join": {"id": "a", "role": "host", "platform": "ios"}, "end": {}}',
        '{"pause": {"by": "alice", "by": "bob"}}',
        '{"pause": {"by": "alice"}, "id": "e-1", "id": "e-2"}',
    ],
)
@pytest.mark.parametrize("way", ["short", "framework"])
def test_an_event_with_a_repeated_key_is_refused(service, body, way):
    service.open()
    service.send(JOIN)
    content = body.encode() if way == "short" else iter([body.encode()])
    [fault] = problem(service.client.post("/v1/meetings/m-1/events", content=content), 422)[
        "errors"
    ]
    assert fault["detail"].endswith("is given twice (give it once)")
    assert service.get("/v1/meetings/m-1").json()["seq"] == 1


def test_settings_with_a_repeated_key_are_refused(service):
    text = b'{"account": {"edition": "free", "edition": "pro"}}'
    details = problem(service.client.put("/v1/meetings/m-1", content=text), 422)
    assert details["errors"][0]["pointer"] == "/account/edition"


def test_a_token_file_with_a_repeated_key_is_refused(tmp_path):
    file = tmp_path / "tokens.json"
    file.touch(0o600)
    token = '"a": {"scopes": ["read"], "sha256": "0"}'
    file.write_text(f'{{"tokens": {{{token}, {token}}}}}')
    with pytest.raises(TokenFileError, match="at /tokens/a: the key 'a' is given twice"):
        read_tokens(file)
