"""Fair sharing of cores and GPUs."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_lab.cluster.leases import LeaseDesk


def test_a_flood_of_one_experiment_does_not_delay_another() -> None:
    async def scenario() -> list[str]:
        desk = LeaseDesk(2)
        served: list[str] = []
        first = [await desk.acquire("flood", 1), await desk.acquire("flood", 1)]
        waiting = [asyncio.ensure_future(desk.acquire("flood", 1)) for _ in range(5)]
        late = asyncio.ensure_future(desk.acquire("late", 1))
        await asyncio.sleep(0)
        desk.release(first[0])
        done, _ = await asyncio.wait({late, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        served += [task.result().experiment for task in done]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return served

    assert asyncio.run(scenario()) == ["late"]


def test_a_request_above_the_cluster_gets_the_whole_cluster() -> None:
    async def scenario() -> float:
        return (await LeaseDesk(2).acquire("big", 16)).cpus

    assert asyncio.run(scenario()) == 2


def test_giving_up_a_granted_but_unseen_lease_returns_its_cores() -> None:
    async def scenario() -> float:
        desk = LeaseDesk(1)
        held = await desk.acquire("a", 1)
        waiting = asyncio.ensure_future(desk.acquire("b", 1))
        await asyncio.sleep(0)
        desk.release(held)  # grants to b ...
        waiting.cancel()  # ... who is cancelled before he runs again
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return desk.free

    assert asyncio.run(scenario()) == 1


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(1, 8),
    requests=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4)), min_size=1, max_size=30),
)
def test_never_more_than_the_cluster_and_everyone_is_served(total: int, requests: list[tuple[str, int]]) -> None:
    async def scenario() -> None:
        desk = LeaseDesk(total)
        lent = 0.0
        most = 0.0

        async def use(experiment: str, cpus: int) -> None:
            nonlocal lent, most
            lease = await desk.acquire(experiment, cpus)
            lent += lease.cpus
            most = max(most, lent)
            await asyncio.sleep(0)
            lent -= lease.cpus
            desk.release(lease)

        await asyncio.wait_for(asyncio.gather(*(use(name, cpus) for name, cpus in requests)), 10)
        assert most <= total
        assert desk.free == total
        assert not desk.held

    asyncio.run(scenario())


def test_who_waits_for_a_gpu_holds_up_nobody_else() -> None:
    async def scenario() -> tuple[float, bool, float]:
        desk = LeaseDesk(4, gpus=1)
        first = await desk.acquire("a", 1, 0.75)
        second = asyncio.ensure_future(desk.acquire("a", 1, 0.75))
        await asyncio.sleep(0)
        plain = await asyncio.wait_for(desk.acquire("a", 1), 1)
        waited = not second.done()
        desk.release(first)
        granted = await second
        desk.release(plain)
        desk.release(granted)
        return granted.gpus, waited, desk.free_gpus

    assert asyncio.run(scenario()) == (0.75, True, 1)


def test_an_experiment_never_holds_more_gpus_than_it_may() -> None:
    async def scenario() -> int:
        desk = LeaseDesk(8, gpus=4)
        waiting = [asyncio.ensure_future(desk.acquire("a", 1, 0.5, 1.5)) for _ in range(5)]
        await asyncio.sleep(0)
        granted = sum(each.done() for each in waiting)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return granted

    assert asyncio.run(scenario()) == 3


def test_who_gives_up_lets_those_behind_him_through() -> None:
    async def scenario() -> float:
        desk = LeaseDesk(2)
        await desk.acquire("a", 1)
        large = asyncio.ensure_future(desk.acquire("b", 2))
        small = asyncio.ensure_future(desk.acquire("b", 1))
        await asyncio.sleep(0)
        assert not small.done()
        large.cancel()
        return (await asyncio.wait_for(small, 1)).cpus

    assert asyncio.run(scenario()) == 1


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(1, 4),
    gpus=st.integers(0, 2),
    requests=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 2), st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])), min_size=1, max_size=30),
)
def test_gpus_are_never_lent_twice_and_everyone_is_served(total: int, gpus: int, requests: list[tuple[str, int, float]]) -> None:
    async def scenario() -> None:
        desk = LeaseDesk(total, gpus)
        lent = 0.0
        most = 0.0

        async def use(experiment: str, cpus: int, share: float) -> None:
            nonlocal lent, most
            lease = await desk.acquire(experiment, cpus, share, 0.5)
            lent += lease.gpus
            most = max(most, lent)
            await asyncio.sleep(0)
            lent -= lease.gpus
            desk.release(lease)

        await asyncio.wait_for(asyncio.gather(*(use(*each) for each in requests)), 10)
        assert most <= gpus + 1e-6
        assert desk.free == total
        assert desk.free_gpus == gpus
        assert not desk.held
        assert not desk.held_gpus

    asyncio.run(scenario())
