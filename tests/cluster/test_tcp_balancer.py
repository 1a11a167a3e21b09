import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from tests.examples import example

TcpBalancer = example("cluster.tcp_balancer").TcpBalancer
pytestmark = pytest.mark.service


@contextlib.asynccontextmanager
async def server(name):
    """A server that answers each line with its name."""

    async def serve(reader, writer):
        with contextlib.closing(writer):
            while await reader.readline():
                writer.write(f"{name}\n".encode())

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}", running


async def ask(url, lines=1):
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    with contextlib.closing(writer):
        answers = []
        # A server may end a connection before it reads, which resets it.
        with contextlib.suppress(ConnectionError):
            for _ in range(lines):
                writer.write(b"who?\n")
                if answer := await reader.readline():
                    answers.append(answer.decode().strip())
        return answers


def test_connections_go_to_the_servers_in_turn_and_stay_there():
    async def main():
        async with (
            server("a") as (a, _),
            server("b") as (b, _),
            TcpBalancer(lambda: [a, b]) as balancer,
        ):
            return [await ask(balancer.url, 2) for _ in range(4)]

    assert sorted(asyncio.run(main())) == [["a", "a"], ["a", "a"], ["b", "b"], ["b", "b"]]


def test_a_server_that_accepts_no_connection_is_passed_over():
    async def main():
        async with server("a") as (a, _), server("b") as (b, gone):
            gone.close()
            await gone.wait_closed()
            async with TcpBalancer(lambda: [a, b]) as balancer:
                return [await ask(balancer.url) for _ in range(4)]

    assert asyncio.run(main()) == [["a"]] * 4


def test_a_connection_ends_where_no_server_accepts_it_and_where_the_server_ends_it():
    async def main():
        async def end(reader, writer):
            writer.close()

        async with TcpBalancer(list) as balancer:
            nobody = await ask(balancer.url)
        ending = await asyncio.start_server(end, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{ending.sockets[0].getsockname()[1]}"
        async with ending, TcpBalancer(lambda: [url]) as balancer:
            return nobody, await ask(balancer.url)

    assert asyncio.run(main()) == ([], [])


def test_open_connections_end_with_the_balancer():
    async def main():
        async with server("a") as (a, _):
            async with TcpBalancer(lambda: [a]) as balancer:
                address = urlsplit(balancer.url)
                reader, writer = await asyncio.open_connection(address.hostname, address.port)
                writer.write(b"who?\n")
                assert await reader.readline() == b"a\n"
            with contextlib.closing(writer):
                return await reader.read()

    assert asyncio.run(main()) == b""
