"""Values that are fetched in a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ajar.errors import NoCredentials
from ajar.upstream import fetched
from ajar.upstream.fetched import RETRY_S, Fetched, Fresh, plain
from upstream.servers import eventually

if TYPE_CHECKING:
    from upstream.conftest import Run


class Source:
    """Gives 1, 2, 3 …; renewed after 60 s, good for 100. `gate` holds it up, `fault` makes it fail."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.calls = 0
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.fetched = Fetched("the keys", self.fetch, clock=lambda: self.now)

    def fetch(self) -> Fresh[int]:
        self.calls += 1
        number = self.calls
        self.threads.add(threading.get_ident())
        assert self.gate.wait(5)
        if self.fault is not None:
            raise self.fault
        return Fresh(number, 60, 100)


def test_all_who_wait_share_one_fetch_in_a_thread(run: Run) -> None:
    source = Source()

    async def main() -> None:
        await asyncio.gather(*(source.fetched.ready() for _ in range(50)))
        assert (source.calls, source.fetched.value) == (1, 1)
        source.now += 59
        await source.fetched.ready()
        assert source.calls == 1

    run(main())
    assert threading.get_ident() not in source.threads


def test_while_the_value_is_good_nobody_waits_for_the_next(run: Run) -> None:
    source = Source()

    async def main() -> None:
        await source.fetched.ready()
        source.now += 61
        source.gate.clear()
        for _ in range(10):
            await source.fetched.ready()
        assert source.fetched.value == 1
        assert source.calls == 2
        source.gate.set()
        await eventually(lambda: source.fetched.value == 2)

    run(main())


def test_a_value_that_is_too_old_is_waited_for(run: Run) -> None:
    source = Source()

    async def main() -> None:
        await source.fetched.ready()
        source.now += 101
        await source.fetched.ready()
        assert source.fetched.value == 2

    run(main())


def test_a_failure_is_told_to_all_and_not_repeated_at_once(run: Run) -> None:
    source = Source()
    source.fault = NoCredentials("the file is gone")

    async def main() -> None:
        outcomes = await asyncio.gather(*(source.fetched.ready() for _ in range(5)), return_exceptions=True)
        assert [str(outcome) for outcome in outcomes] == ["the file is gone"] * 5
        with pytest.raises(NoCredentials, match="the file is gone"):
            await source.fetched.ready()
        assert source.calls == 1
        source.now += RETRY_S
        source.fault = None
        await source.fetched.ready()
        assert source.fetched.value == 2

    run(main())


def test_a_failed_renewal_is_a_warning_until_the_value_is_too_old(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    source = Source()

    async def main() -> None:
        await source.fetched.ready()
        source.fault = NoCredentials("no answer from the token server")
        source.now += 61
        await source.fetched.ready()
        await eventually(lambda: "no answer" in caplog.text)
        assert "those at hand are good for 39 s more" in caplog.text
        await source.fetched.ready()
        assert (source.calls, source.fetched.value) == (2, 1)
        source.now += 40
        with pytest.raises(NoCredentials, match="no answer"):
            await source.fetched.ready()

    run(main())


def test_an_unexpected_failure_is_told_without_what_may_be_a_token(run: Run) -> None:
    source = Source()
    source.fault = RuntimeError(f"bad answer:\n {'t0ken' * 12} refused")

    async def main() -> None:
        with pytest.raises(NoCredentials, match="the keys: RuntimeError: bad answer: … refused"):
            await source.fetched.ready()

    run(main())


def test_whoever_leaves_does_not_stop_the_fetch(run: Run) -> None:
    source = Source()
    source.gate.clear()

    async def main() -> None:
        leaving = asyncio.create_task(source.fetched.ready())
        staying = asyncio.create_task(source.fetched.ready())
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert leaving.cancelled()
        source.gate.set()
        await staying
        assert source.calls == 1

    run(main())


def test_nobody_waits_for_ever(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "WAIT_S", 0.02)
    source = Source()
    source.gate.clear()

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(NoCredentials, match=r"the keys: nothing came within 0\.02 s"):
                await source.fetched.ready()
        source.gate.set()
        await eventually(lambda: source.fetched._until > 0)  # pyright: ignore[reportPrivateUsage]
        await source.fetched.ready()
        assert source.calls == 1

    run(main())


@pytest.mark.parametrize("renew_s", [0, 10])
def test_what_comes_too_old_is_an_error(run: Run, renew_s: float) -> None:
    source = Fetched("the keys", lambda: Fresh(1, renew_s, -5))

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(NoCredentials, match="too old"):
                await source.ready()

    run(main())


def test_a_fetch_that_hangs_does_not_hold_up_the_end() -> None:
    source = Source()
    source.gate.clear()
    began = time.monotonic()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.fetched.ready(), 0.01)

    asyncio.run(main())
    assert time.monotonic() - began < 2
    source.gate.set()

    async def later() -> None:
        await source.fetched.ready()
        assert source.fetched.value == 2

    asyncio.run(later())


def test_the_value_is_not_shown() -> None:
    assert repr(Fetched("the keys", lambda: Fresh("hidden", 1, 1))) == "<Fetched the keys>"
    assert plain(ValueError()) == "ValueError"
