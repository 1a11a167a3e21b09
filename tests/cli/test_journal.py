import asyncio
import json
import os
import random
import re
import shutil
import threading
import time
from pathlib import Path
from tempfile import mkdtemp

import apsw
import pytest
from hypothesis import HealthCheck, given, settings

from fsm.cli import journal as journal_commands
from fsm.cli.journal import journal_entries
from fsm.recording import Account, Choice, End, Join, Leave, MeetingSettings, Pause
from fsm.runtime import Hub, Journal, JournalError
from fsm.runtime.journal_check import all_meetings, check_journal
from fsm.scenario.load import load_file

from ..recording import generate
from ..recording.translate import to_account, to_choice, to_event
from ..review.edits import PACKAGE, Edited, copy_with
from ..rule_sets import Release
from ..runtime.journals import seal

ALICE = Join("alice", "host", "windows", "3.20")


async def join(file, meeting, *people):
    async with Hub(file) as hub:
        for person in people:
            await hub.dispatch(meeting, person)


async def fill(file, meetings=3):
    """Fills a journal: one idle meeting, one recording, and others that are over."""
    async with Hub(file, clock=lambda: 1_700_000_000_000) as hub:
        await hub.put_account("acme", Account("business"))
        for number in range(meetings):
            await hub.open(f"m-{number}", Account("pro"), Choice(True))
            for event in [ALICE, Pause("bob"), Leave("alice"), End()][
                : number if number < 2 else 4
            ]:
                await hub.dispatch(f"m-{number}", event)
        while hub.health.delivering:
            await asyncio.sleep(0.001)


@pytest.fixture
def file(tmp_path):
    asyncio.run(fill(tmp_path / "meetings.db"))
    return tmp_path / "meetings.db"


def change(file, statement, *, sealed=False):
    db = apsw.Connection(str(file))
    db.execute(statement)
    if sealed:
        seal(db)
    db.close()


def one_line(err):
    return err.count("\n") == 1 and "Traceback" not in err


def test_list_shows_each_meeting_on_a_line(fsm, file):
    code, out, err = fsm("journal", "list", file)
    assert (code, err) == (0, "")
    heading, *rows = [line.split("  ") for line in out.splitlines()]
    assert heading[0] == "meeting"
    assert [row[0].strip() for row in rows] == ["m-0", "m-1", "m-2"]
    assert "2023-11-14 22:13:20Z" in out
    assert ["not yet" in " ".join(row) for row in rows] == [True, True, False]


def test_list_prints_json(fsm, file):
    code, out, _ = fsm("journal", "list", "--json", file)
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()][1:] == [
        {"id": "m-1", "opened_at": 1_700_000_000_000, "closed_at": None, "events": 1},
        {"id": "m-2", "opened_at": 1_700_000_000_000, "closed_at": 1_700_000_000_000, "events": 4},
    ]


def test_a_time_out_of_range_is_shown_in_milliseconds(fsm, file):
    change(file, f"UPDATE meetings SET opened_at = {2**60}")
    code, out, _ = fsm("journal", "list", file)
    assert code == 0
    assert f"{2**60} ms" in out


def test_control_characters_are_escaped(fsm, file):
    change(file, "UPDATE meetings SET id = 'a' || char(27) || '[31m' WHERE key = 1")
    _, out, _ = fsm("journal", "list", file)
    assert "\x1b" not in out
    assert r"a\x1b[31m" in out


def test_verify_reports_no_faults_of_a_sound_journal(fsm, file):
    code, out, err = fsm("journal", "verify", file)
    assert (code, out, err) == (0, f"{file}: 3 meetings, no faults\n", "")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE events SET answer = replace(answer, 'R13', 'R14') WHERE meeting = 2",
         "'m-1' cannot be read: its last answer, or a change of its participants, was changed"),
        ("UPDATE events SET event = replace(event, 'windows', 'macos') WHERE meeting = 2",
         "'m-1' cannot be read: event 1 has a wrong checksum"),
        ("DELETE FROM events WHERE meeting = 3 AND seq = 2",
         "'m-2' cannot be read: its 3 events are not numbered from 1 to 3"),
        ("UPDATE events SET present = replace(present, 'host', 'member') WHERE meeting = 3",
         "'m-2' cannot be read: its last answer, or a change of its participants, was changed"),
        ("DELETE FROM outbox WHERE meeting = 2", "the start command of event 1 is missing"),
        ("UPDATE outbox SET command = '{\"command\":\"pause\"}' WHERE meeting = 2",
         "'m-1' cannot be read: message 1 has a wrong checksum"),
        ("UPDATE events SET seq = -1 WHERE meeting = 2", "table 'events': 1 without a meeting"),
        ("DELETE FROM meetings WHERE key = 2", "table 'events': 1 without a meeting"),
        ("UPDATE meetings SET settings = json_set(settings, '$.user', NULL) WHERE key = 2",
         "'m-1' cannot be read: its row has a wrong checksum"),
        ("UPDATE meetings SET closed_at = 1 WHERE key = 2",
         "'m-1' cannot be read: its row has a wrong checksum"),
        ("UPDATE outbox SET result = 'cancelled' WHERE meeting = 2",
         "'m-1' cannot be read: message 1 has a wrong checksum"),
        ("UPDATE rules SET release = '0.0.9'", "version of the rules 1 has a wrong checksum"),
        ("UPDATE accounts SET account = 'nonsense'", "account 'acme' has a wrong checksum"),
    ],
)  # fmt: skip
def test_verify_reports_faults(fsm, file, statement, what):
    change(file, statement)
    code, out, err = fsm("journal", "verify", file)
    assert (code, err) == (1, "")
    assert what in out
    assert re.search(r", (1 fault|[23] faults)\n", out)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE events SET answer = replace(answer, 'R13', 'R14') WHERE meeting = 2",
         "'m-1': event 1 was answered with recording, start (R14), and would now be answered with"),
        ("UPDATE events SET answer = replace(answer, '\"idle', '\"paused') WHERE meeting = 2",
         "'m-1': event 1 began in paused, not idle"),
        ("UPDATE events SET id = 'e' WHERE meeting = 3",
         "event 2 has the id 'e' of an earlier one"),
        ("UPDATE outbox SET command = '{\"command\":\"pause\"}' WHERE meeting = 2",
         "the start command of event 1 is missing"),
        ("UPDATE outbox SET expected_sequence = 9 WHERE meeting = 3 AND sequence = 2",
         "had applied message 9 when the journal ended at 1: newer events are missing"),
        ("UPDATE meetings SET closed_at = 1 WHERE key = 2", "'m-1': it is closed, but"),
        ("UPDATE meetings SET settings = json_set(settings, '$.user', NULL) WHERE key = 2",
         "'m-1': its settings lead to another plan than the recorded one, under the same rules"),
    ],
)  # fmt: skip
def test_verify_reports_what_cannot_have_been_answered(fsm, file, statement, what):
    change(file, statement, sealed=True)
    code, out, err = fsm("journal", "verify", file)
    assert (code, err) == (1, "")
    assert what in out


def test_an_answer_of_other_rules_is_named_and_is_no_fault(fsm, file):
    change(file, "UPDATE rules SET release = '0.0.9', fingerprint = 'abc'")
    change(
        file, "UPDATE events SET answer = replace(answer, 'R13', 'R14') WHERE meeting = 2",
        sealed=True,
    )  # fmt: skip
    code, out, err = fsm("journal", "verify", file)
    assert (code, err) == (0, "")
    assert out == (
        f"{file}: meeting 'm-1': answered by the rules of release 0.0.9 (rules abc): event 1 was "
        "answered with recording, start (R14), and would now be answered with recording, start "
        f"(R13)\n{file}: 3 meetings, no faults\n"
    )


def test_verify_reports_an_unreadable_file_in_one_line(fsm, file):
    change(file, "DROP TABLE events")
    code, _, err = fsm("journal", "verify", file)
    assert code == 2
    assert one_line(err)
    assert "cannot be read" in err


@pytest.mark.parametrize("statement", ["events SET event", "meetings SET plan"])
def test_a_meeting_that_cannot_be_read_is_named_and_the_rest_is_checked(fsm, file, statement):
    change(file, f"UPDATE {statement} = 'nonsense' WHERE rowid = 2" if "plan" in statement
           else f"UPDATE {statement} = 'nonsense' WHERE meeting = 2")  # fmt: skip
    code, out, err = fsm("journal", "verify", file)
    assert (code, err) == (1, "")
    assert "meeting 'm-1' cannot be read" in out
    assert "3 meetings, 1 fault" in out


def test_verify_reports_no_faults_while_the_service_runs(file):
    stop = threading.Event()
    runs = []

    def look():
        while not stop.is_set():
            with Journal(file, readonly=True) as journal:
                runs.append(list(check_journal(journal)))

    async def main():
        looking = threading.Thread(target=look)
        looking.start()
        try:
            async with Hub(file) as hub:
                for number in range(60):
                    await hub.open(f"n-{number}", Account("pro"), Choice(True))
                    await asyncio.gather(
                        *[
                            hub.dispatch(f"n-{number}", event)
                            for event in (ALICE, Leave("alice"), End())
                        ]
                    )
                while len(runs) < 3:
                    await hub.dispatch("m-0", Pause("bob"))
        finally:
            stop.set()
            looking.join(60)

    asyncio.run(main())
    assert len(runs) >= 3
    assert not any(runs)


def test_the_progress_of_verify_counts_meetings_and_events(file):
    seen = []
    with Journal(file, readonly=True) as journal:
        assert list(check_journal(journal, lambda *numbers: seen.append(numbers))) == []
    assert seen == [(0, 0), (1, 0), (2, 1)]


def test_verify_reads_a_meeting_in_one_snapshot(file):
    async def happens(*events):
        async with Hub(file) as hub:
            await hub.open("z", Account("pro"), Choice(True))
            for event in events:
                await hub.dispatch("z", event)

    asyncio.run(happens())
    with Journal(file, readonly=True) as journal:
        outbox, seen = journal.outbox, []

        def meanwhile(id_, **more):
            if id_ == "z" and "z" not in seen:
                asyncio.run(happens(ALICE))
            seen.append(id_)
            return outbox(id_, **more)

        journal.outbox = meanwhile
        assert list(check_journal(journal)) == []
        assert "z" in seen
        assert [message.sequence for message in journal.outbox("z")] == [1]


def test_export_writes_a_scenario_that_plays(fsm, file, tmp_path):
    code, out, err = fsm("journal", "export", file, "m-2")
    assert (code, err) == (0, "")
    assert "Meeting m-2, opened 2023-11-14 22:13:20Z" in out
    target = tmp_path / "new" / "m-2.yaml"
    assert fsm("journal", "export", file, "m-2", "-o", target) == (0, f"wrote {target}\n", "")
    assert target.read_text(encoding="utf-8") == out
    code, out, _ = fsm("play", target)
    assert code == 0
    assert "all 4 expectations hold" in out


def test_an_exported_meeting_of_many_events_is_read_by_play(fsm, tmp_path):
    file, target = tmp_path / "meetings.db", tmp_path / "m.yaml"
    guests = [f"guest-{number}-{'x' * 100}" for number in range(4_000)]
    events = [each for id_ in guests for each in (Join(id_, "member", "ios"), Leave(id_))]

    async def main():
        async with Hub(file) as hub:
            await hub.open("m", Account("pro"), Choice(True))
            await hub.dispatch_many(("m", event, None) for event in events)

    asyncio.run(main())
    assert fsm("journal", "export", file, "m", "-o", target) == (0, f"wrote {target}\n", "")
    assert target.stat().st_size > 1024 * 1024
    [scenario] = load_file(str(target))
    assert [step.event for step in scenario.steps] == events


def test_an_export_that_play_does_not_read_says_so(fsm, file, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_commands, "MAX_BYTES", 100)
    code, _, err = fsm("journal", "export", file, "m-2", "-o", tmp_path / "m.yaml")
    assert (code, err) == (0, "fsm journal export: more than 0 MiB, which fsm play does not read\n")


@pytest.mark.rule("D14", "D15")
def test_an_exported_meeting_with_timers_has_its_settings_and_waits(fsm, tmp_path):
    file, target = tmp_path / "meetings.db", tmp_path / "m.yaml"

    async def main():
        async with Hub(file) as hub:
            await hub.open("m", Account("pro"), Choice(True), grace=1, end_when_empty=2)
            await hub.open("n", Account("pro"), Choice(True), end_when_empty=60)
            for meeting in "mn":
                await hub.dispatch(meeting, ALICE)
                await hub.dispatch(meeting, Leave("alice"))
            while not (await hub.read("m")).ended:
                await asyncio.sleep(0.01)

    asyncio.run(main())
    assert fsm("journal", "export", file, "m", "-o", target)[0] == 0
    text = target.read_text(encoding="utf-8")
    assert "meeting: {id: m, type: scheduled, grace: 1, end_when_empty: 2}\n" in text
    assert text.count("- wait: ") == 2
    code, out, _ = fsm("play", target)
    assert (code, "all 4 expectations hold" in out) == (0, True)
    assert fsm("journal", "verify", file)[0] == 0
    out = fsm("journal", "export", file, "n")[1]
    assert "meeting: {id: n, type: scheduled, end_when_empty: 60}\n" in out
    assert "timers:\n    - {set: empty, after: 60}" in out or "timers: [{set: empty" in out


def test_export_of_an_unknown_meeting_is_bad_input(fsm, file):
    for id_ in ("nobody", "\udcff", ""):
        code, out, err = fsm("journal", "export", file, id_)
        assert (code, out) == (2, "")
        assert one_line(err)
        assert "there is no meeting" in err


def test_export_to_an_unwritable_file_is_bad_input(fsm, file, tmp_path):
    for target in (tmp_path, file / "x.yaml"):
        code, _, err = fsm("journal", "export", file, "m-2", "-o", target)
        assert code == 2
        assert one_line(err)
        assert "cannot be written" in err


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=generate.cases())
def test_every_exported_meeting_plays(fsm, tmp_path, case):
    account, user, booking, kind, events = case
    opening = MeetingSettings(to_account(account), to_choice(user), to_choice(booking), kind)
    # Of its own, since an example may come again and a meeting that is over is not opened again.
    file = Path(mkdtemp(dir=tmp_path)) / "meetings.db"

    async def main():
        async with Hub(file) as hub:
            await hub.open("m", opening.account, opening.user, opening.booking, opening.type)
            await asyncio.gather(*[hub.dispatch("m", to_event(*event)) for event in events])
            return await hub.read("m")

    snapshot = asyncio.run(main())
    scenario = file.with_suffix(".yaml")
    assert fsm("journal", "export", file, "m", "-o", scenario)[0] == 0
    code, out, err = fsm("play", scenario)
    assert (code, err) == (0, "")
    assert f"ends {snapshot.state}" in out
    assert fsm("journal", "verify", file)[0] == 0


@pytest.mark.rule("D15")
def test_prune_deletes_meetings_that_ended_long_ago_and_those_that_nobody_joined(fsm, file):
    _, out, _ = fsm("journal", "prune", "--older-than", "36500", file)
    assert out.endswith("deleted 0 meetings\n")
    code, out, err = fsm("journal", "prune", "--older-than", "1.5", file)
    assert (code, out, err) == (0, f"{file}: deleted 2 meetings\n", "")
    assert [
        json.loads(line)["id"]
        for line in fsm("journal", "list", "--json", file)[1].split("\n")[:-1]
    ] == ["m-1"]
    assert fsm("journal", "verify", file)[0] == 0


def test_prune_works_while_the_service_runs(fsm, file):
    async def main():
        async with Hub(file) as hub:
            assert fsm("journal", "prune", "--older-than", "0", file)[1].endswith("2 meetings\n")
            await hub.dispatch("m-1", Pause("alice"), "e-1")
            return len(await hub.meetings())

    assert asyncio.run(main()) == 1


def test_prune_keeps_a_meeting_that_a_clock_set_back_has_dated_to_1969(fsm, tmp_path):
    now = [time.time_ns() // 1_000_000]

    async def main():
        async with Hub(tmp_path / "meetings.db", clock=lambda: now[0]) as hub:
            await hub.open("m", Account("pro"), Choice(True))
            await hub.dispatch("m", ALICE)
            now[0] = -1
            await hub.dispatch("m", End())
            while hub.health.delivering:
                await asyncio.sleep(0.001)

    asyncio.run(main())
    file = tmp_path / "meetings.db"
    change(file, "UPDATE meetings SET closed_at = -1")
    change(file, "UPDATE events SET at = -1 WHERE seq = 2")
    assert fsm("journal", "prune", "--older-than", "1", file)[1].endswith("deleted 0 meetings\n")
    assert "1969-12-31 23:59:59Z" in fsm("journal", "list", file)[1]


def test_events_after_the_end_are_verified_exported_and_pruned(fsm, tmp_path):
    file, scenario = tmp_path / "meetings.db", tmp_path / "m.yaml"

    async def main():
        async with Hub(file) as hub:
            await hub.open("m", Account("pro"), Choice(True))
            for number, event in enumerate([End(), ALICE, End(), Pause("bob")]):
                await hub.dispatch("m", event, f"e-{number}")

    asyncio.run(main())
    assert fsm("journal", "verify", file)[:2] == (0, f"{file}: 1 meeting, no faults\n")
    assert fsm("journal", "export", file, "m", "-o", scenario)[0] == 0
    assert scenario.read_text().count("refused: meeting_ended") == 3
    code, out, _ = fsm("play", scenario)
    assert code == 0
    assert "all 4 expectations hold" in out
    assert fsm("journal", "prune", "--older-than", "0", file)[1].endswith("deleted 1 meeting\n")


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "1e300", "many"])
def test_a_wrong_number_of_days_is_bad_input(fsm, file, days):
    code, out, err = fsm("journal", "prune", f"--older-than={days}", file)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert "--older-than" in err


@pytest.mark.parametrize("command", [["list"], ["verify"], ["export"], ["prune", "--older-than=1"]])
def test_a_file_that_is_not_a_journal_is_bad_input(fsm, tmp_path, command):
    (tmp_path / "text").write_text("Dear diary, " * 1000)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    change(tmp_path / "theirs.db", "CREATE TABLE theirs (x)")
    for name, what in {
        "nothing": "there is no such file",
        ".": "it is a directory",
        "pipe": "it is not a regular file",
        "loop": "Too many levels of symbolic links",
        "x" * 300: "File name too long",
        "text": "it is not a journal",
        "theirs.db": "belongs to another program",
    }.items():
        more = ["m"] if command == ["export"] else []
        code, out, err = fsm("journal", *command, tmp_path / name, *more)
        assert (code, out) == (2, "")
        assert one_line(err)
        assert what in err


def test_any_corruption_gives_a_result_or_one_line(fsm, file, tmp_path):
    rng = random.Random("command")
    codes = []
    damaged = tmp_path / "damaged.db"
    content = file.read_bytes()
    for number in range(60):
        changed = bytearray(content)
        if number % 5 == 0:
            del changed[rng.randrange(len(changed)) :]
        for _ in range(rng.choice([1, 20, 300])):
            if changed:
                changed[rng.randrange(rng.choice([min(200, len(changed)), len(changed)]))] = (
                    rng.randrange(256)
                )
        damaged.write_bytes(changed)
        for command in (["list", damaged], ["verify", damaged], ["export", damaged, "m-2"]):
            code, _, err = fsm("journal", *command)
            assert code in (0, 1, 2)
            assert one_line(err) if code == 2 else err == "", err
            codes.append(code)
        for left in tmp_path.glob("damaged.db*"):
            left.unlink()
    assert {0, 2} <= set(codes)


def test_entries_out_of_order_end_the_iteration(file):
    class Turning(Journal):
        def history(self, id, after=0, limit=1000):  # noqa: A002
            return super().history(id, 0, limit)

    with Turning(file) as journal, pytest.raises(JournalError, match="out of order"):
        list(journal_entries(journal, "m-2"))


def test_many_meetings_are_listed_page_by_page(file, monkeypatch):
    monkeypatch.setattr("fsm.cli.journal._PAGE", 2)
    with Journal(file) as journal:
        assert [meeting.id for meeting in all_meetings(journal)] == ["m-0", "m-1", "m-2"]
        assert [entry.seq for entry in journal_entries(journal, "m-2")] == [1, 2, 3, 4]


def test_a_copy_of_a_journal_is_a_journal(fsm, file, tmp_path):
    shutil.copy(file, tmp_path / "copy.db")
    assert fsm("journal", "verify", tmp_path / "copy.db")[0] == 0


def test_preview_counts_the_open_meetings_and_names_their_rules(fsm, file):
    code, out, err = fsm("journal", "preview", file)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{file}: 2 open meetings"
    assert re.fullmatch(r"  1 last answered by release 0\.1\.0 \(rules [0-9a-f]{12}\)", lines[1])
    assert lines[2] == (
        "0 in a situation that the rules of this program would not have led to, and which stands"
    )
    assert len(lines) == 3
    data = json.loads(fsm("journal", "preview", file, "--json")[1])
    assert (data["meetings"], data["diverged"], data["affected"]) == (2, 0, None)


def test_preview_names_an_answer_that_would_be_another_one(fsm, file):
    with Release("a row removed: no join starts").installed():
        _, out, _ = fsm("journal", "preview", file)
    assert out.splitlines()[3:] == [
        "  join: recording, start (R13); now idle",
        "    1 meeting, for example 'm-1' (1 event)",
    ]


def test_preview_compares_the_answers_to_the_next_events_with_the_version_in_service(
    fsm, file, tmp_path
):
    before = '"pause": ("is_open", "requester_is_present"),'
    edited = Edited(
        "a pause by anyone who is present", (("table.py", '"pause": _BY_HOST,', before),)
    )
    version = copy_with(edited, tmp_path / "in-service")
    asyncio.run(join(file, "m-1", Join("bob", "member", "web")))
    _, out, err = fsm("journal", "preview", file, "--against", version)
    assert err == ""
    lines = out.splitlines()
    assert lines[3:] == [
        "1 in which the answer to some next event changes",
        "  pause by a member on web: paused, pause (R9); now recording, refused: not_host (D1)",
        "    1 meeting, for example 'm-1' (2 events)",
    ]
    assert fsm("journal", "preview", file, "--against", PACKAGE.parent)[1].splitlines()[3:] == [
        "0 in which the answer to some next event changes"
    ]


def test_preview_against_a_version_that_does_not_exist_is_one_line(fsm, file):
    code, _, err = fsm("journal", "preview", file, "--against", "nowhere")
    assert code == 2
    assert one_line(err)
    assert "'nowhere' is neither a directory nor a git revision" in err
