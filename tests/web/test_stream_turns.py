"""The turns of live streams to write."""

import asyncio

from fsm.web.stream_turns import StreamTurns


def test_streams_that_are_woken_together_write_in_turns():
    async def main():
        turns, order = StreamTurns(), []

        async def write(number):
            await turns.wait()
            order.append(number)

        writing = [asyncio.create_task(write(number)) for number in range(60)]
        await asyncio.gather(*writing)
        # The first turn is at once; within a later one any order will do.
        assert order[:20] == [*range(20)]
        assert sorted(order) == [*range(60)]

    asyncio.run(main())


def test_a_stream_alone_has_its_turn_at_once():
    async def main():
        turns = StreamTurns()
        waiting = asyncio.create_task(turns.wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert waiting.done()

    asyncio.run(main())
