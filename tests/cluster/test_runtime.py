import pytest

from fsm.recording import Account, Choice, Join, Leave
from fsm.runtime import ConflictError, UnknownMeetingError

from .runtimes import restate_runtime, run, unique

ALICE = Join("alice", "host", "windows", "3.20")


def test_a_meeting_is_opened_and_answers_events(restate):
    async def main():
        async with restate_runtime(restate) as runtime:
            meeting = unique("m")
            opened = await runtime.open(meeting, Account("pro"), user=Choice(True))
            assert (opened.state, opened.seq, opened.plan.kind) == ("idle", 0, "cloud")
            entry = await runtime.dispatch(meeting, ALICE, "e-1")
            assert (entry.seq, entry.outcome.state) == (1, "recording")
            again = await runtime.dispatch(meeting, ALICE, "e-1")
            assert again == entry
            with pytest.raises(ConflictError):
                await runtime.dispatch(meeting, Leave("alice"), "e-1")
            snapshot = await runtime.read(meeting)
            assert (snapshot.state, list(snapshot.present), snapshot.seq) == (
                "recording",
                ["alice"],
                1,
            )
            assert await runtime.history(meeting) == [entry]
            with pytest.raises(UnknownMeetingError):
                await runtime.read(unique("m"))

    run(main())
