"""Ids and events that a hub accepts, and those that it refuses."""

import enum

import pytest

from fsm.recording import (
    Account,
    Actor,
    ChangeRole,
    Choice,
    Enable,
    End,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Start,
)
from fsm.runtime import Journal, UnknownAccountError, UnknownMeetingError
from fsm.runtime.journal_check import check_journal
from fsm.runtime.limits import MAX_ID_LENGTH, check_id

from .hubs import (
    ALICE,
    BOB,
    BUSINESS,
    CLOUD,
    PRO,
    open_hub,
    refused,
    run,
    start_recording,
    until_delivered,
)

ADMIN = Actor("super_admin")
INVALID_IDS = ["", " ", "\u3000\u00a0", "a" * 201, "a\nb", "a\0b", "\x1b[31m", "\x9f", "\ud800",
               "\u2028", "\u202e", "\u2066"]  # fmt: skip
VALID_IDS = ["a", "a" * 200, "会议 7", "a/b", "'; DROP TABLE meetings; --", "🎥", " a", "..",
             "a\u00a0b", "\U0001f469\u200d\U0001f467", "\U000323af"]  # fmt: skip


@pytest.mark.parametrize("id_", INVALID_IDS, ids=ascii)
def test_an_invalid_id_of_a_new_meeting_event_or_account_is_refused(tmp_path, id_):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            for name, request in {
                "a meeting's id": lambda: hub.open(id_, PRO),
                "an event's id": lambda: hub.dispatch("m", BOB, id_),
                "an account's id": lambda: hub.put_account(id_, PRO),
            }.items():
                async with refused(hub, ValueError, f"{name} must have 1 to 200 characters"):
                    await request()

    run(main())


@pytest.mark.parametrize("id_", [*INVALID_IDS, None, 7, b"m", ("m",), ["m"]], ids=ascii)
def test_no_meeting_or_account_has_an_invalid_id(tmp_path, id_):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            for request in (
                lambda: hub.dispatch(id_, BOB),
                lambda: hub.dispatch(id_, BOB, "e-1"),
                lambda: hub.read(id_),
                lambda: hub.allowed(id_, "alice"),
                lambda: hub.resolution(id_),
                lambda: hub.history(id_),
                lambda: anext(hub.watch(id_)),
            ):
                async with refused(hub, UnknownMeetingError, "there is no meeting"):
                    await request()
            if not isinstance(id_, list):
                async with refused(hub, UnknownAccountError, "there is no account"):
                    await hub.account(id_)
                async with refused(hub, UnknownAccountError):
                    await hub.change(id_, Enable(ADMIN))
            assert (await hub.dispatch("m", BOB)).seq == 2

    run(main())


@pytest.mark.parametrize("id_", VALID_IDS, ids=ascii)
def test_any_other_id_is_accepted_and_comes_back(tmp_path, id_):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, id_, id=id_)
            await hub.put_account(id_, BUSINESS)
        async with open_hub(tmp_path) as hub:
            assert (await hub.read(id_)).id == id_
            assert [each.id for each in await hub.history(id_)] == [id_]
            assert await hub.account(id_) == BUSINESS

    run(main())


def test_ids_that_are_members_of_an_enumeration_come_back_as_their_texts(tmp_path):
    class Id(str, enum.Enum):  # noqa: UP042
        MEETING, EVENT, ACCOUNT, PARTICIPANT = "m", "e", "acme", "alice"

    async def main():
        join, change = Join(Id.PARTICIPANT, "host", "windows"), Enable(ADMIN)
        async with open_hub(tmp_path) as hub:
            await hub.put_account(Id.ACCOUNT, BUSINESS)
            await hub.change(Id.ACCOUNT, change)
            await hub.open(Id.MEETING, Id.ACCOUNT)
            entry = await hub.dispatch(Id.MEETING, join, Id.EVENT)
        async with open_hub(tmp_path) as hub:
            assert await hub.account("acme") == BUSINESS
            assert await hub.dispatch("m", join, "e") == entry
        with Journal(tmp_path / "meetings.db", readonly=True) as journal:
            assert list(check_journal(journal)) == []

    run(main())


@pytest.mark.parametrize("id_", [None, 7, b"m"], ids=ascii)
def test_an_id_must_be_text(id_):
    with pytest.raises(TypeError, match="an event's id must be a str"):
        check_id("an event's id", id_)


def test_the_longest_id_has_200_letters():
    assert MAX_ID_LENGTH == 200


@pytest.mark.parametrize(
    "event",
    [
        Join("\ud800", "host", "windows"),
        Join("carol", "host", "windows", "\udfff"),
        Leave("\ud800"),
        Start("\ud800", "cloud"),
        RecorderFailed("\ud800"),
        End("\ud800"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("id_", [None, "e-1"])
def test_letters_that_cannot_be_written_are_refused_in_events(tmp_path, event, id_):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            async with refused(hub, ValueError, "characters that cannot be encoded"):
                await hub.dispatch("m", event, id_)
            assert (await hub.dispatch("m", ALICE, id_)).seq == 1

    run(main())


def test_participants_may_have_the_same_ids(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            for name in VALID_IDS:
                await hub.dispatch("m", Join(name, "member", "web", name))
        async with open_hub(tmp_path) as hub:
            assert list((await hub.read("m")).present) == sorted(VALID_IDS)

    run(main())


@pytest.mark.parametrize("id_", sorted({*INVALID_IDS} - {"\ud800"}), ids=ascii)
def test_an_invalid_id_of_a_participant_is_refused(tmp_path, id_):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            for event, name in (
                (Join(id_, "member", "web"), "id of join"),
                (Leave(id_), "id of leave"),
                (ChangeRole(id_, "host"), "id of role"),
                (Pause(id_), "by of pause"),
                (End(id_), "by of end"),
            ):
                async with refused(hub, ValueError, f"{name} must have 1 to 200 characters"):
                    await hub.dispatch("m", event)
            assert (await hub.dispatch("m", End())).seq == 2

    run(main())


@pytest.mark.parametrize("event", [None, "join", {"join": {}}, Enable(ADMIN), Join], ids=ascii)
def test_an_object_that_is_not_an_event_is_refused(tmp_path, event):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            async with refused(hub, TypeError, "an event must be an event of a meeting"):
                await hub.dispatch("m", event)

    run(main())


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Join("a" * 201, "member", "web"), "id of join must have 1 to 200 characters"),
        (Join("a", "member", "web", "1" * 201), "version of join"),
        (Start("a" * 201, "cloud"), "by of start"),
        (End("a" * 201), "by of end"),
        (RecorderFailed("a" * 1001), "detail of recorder_failed must have at most 1000"),
    ],
)
def test_an_event_with_a_field_that_is_too_long_is_refused(tmp_path, event, message):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO)
            with pytest.raises(ValueError, match=message):
                await hub.dispatch("m", event)
            assert (await hub.dispatch("m", RecorderFailed("a" * 1000))).seq == 1

    run(main())


class Name(str):
    """Text of another class, such as that of a template library; it cannot be encoded."""


def test_settings_that_cannot_be_encoded_open_nothing_and_add_no_account(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            with pytest.raises(TypeError):
                await hub.open("m", Account("pro"), Choice(True, Name("cloud")))
            with pytest.raises(UnknownMeetingError):
                await hub.dispatch("m", Leave("alice"))
            with pytest.raises(TypeError):
                await hub.put_account("acme", Account(Name("pro")))
            with pytest.raises(UnknownAccountError):
                await hub.account("acme")

    run(main())
