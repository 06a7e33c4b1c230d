"""What follows once a caller has been served: the answer goes to the route's checks, and a copy to the candidate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ajar.gateway.pieces import Pieces, Room
from ajar.gateway.shadow import Shadows
from ajar.traffic.answers import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.ask import Ask
    from ajar.gateway.attempt import Attempts
    from ajar.gateway.head import Head
    from ajar.gateway.health import Health
    from ajar.gateway.inference import Inference
    from ajar.gateway.meters import Meters
    from ajar.gateway.plan import Plan
    from ajar.gateway.recorder import Recorder
    from ajar.gateway.tables import Tables
    from ajar.gateway.watch import Watch
    from ajar.store.origins import Origins
    from ajar.traffic.answers import AnswerSender
    from ajar.wire.fronts import Front

MOST_ANSWER = 4 * 1024 * 1024
"""A longer answer is not checked."""
_MOST_HELD = 64 * 1024 * 1024
"""Of answers that are to be checked and are not over. Beyond that the callers get theirs, and no check does."""


class Afterwards:
    """One for each worker. `answers` leads to the steward; without it nothing is checked."""

    def __init__(
        self,
        attempts: Attempts,
        watch: Watch,
        origins: Origins,
        health: Health,
        recorder: Recorder,
        meters: Meters,
        tables: Callable[[], Tables],
        answers: AnswerSender | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers = answers
        self._meters = meters
        self._room = Room(_MOST_HELD)
        self._shadows = Shadows(attempts, watch, origins, health, recorder, meters, tables, self._check)

    def begin(self, inference: Inference, front: Front) -> bool:
        """A live inference of a route with checks or copies begins. Returns whether to tell when it was served."""
        plan = inference.plan
        if not front.translates:  # what embeds or counts gives no answer that could be judged
            return False
        if self._checks(plan) and inference.response is None:
            inference.response = Pieces(MOST_ANSWER, self._room)
        return True

    def served(self, inference: Inference, ask: Ask, head: Head) -> None:
        """Its caller has the answer, or will have it once the loop gets to send it: nothing is done before that."""
        if inference.status == 200:
            self._loop.call_soon(self._go_on, inference, ask, head)

    def ended(self, inference: Inference) -> None:
        """What `begin` began is over, however it ended."""
        if inference.response is not None:
            inference.response.release()

    def stop(self) -> None:
        """The worker drains: copies end now."""
        self._shadows.stop()

    async def close(self) -> None:
        """The same, until they are recorded."""
        await self._shadows.close()

    def _go_on(self, inference: Inference, ask: Ask, head: Head) -> None:
        self._check(inference, ask)
        if inference.plan.copying is not None:
            self._shadows.offer(inference, ask, head)

    def _checks(self, plan: Plan) -> bool:
        return plan.checked and self._answers is not None

    def _check(self, inference: Inference, ask: Ask) -> None:
        """Send the answer to the steward."""
        answers, route, response = self._answers, inference.plan.route, inference.response
        if answers is None or route is None or response is None or not inference.plan.checked:
            return
        answer = response.whole()
        if answer is None:
            self._meters.unchecked(response.lack or "too_large")
            return
        said = Said(
            inference=inference.id,
            route=route,
            caller=inference.caller,
            format=ask.front.format,
            request=ask.view.body,
            answer=answer,
            stream=inference.stream,
            deployment=inference.deployment,
            took_ms=inference.took_ms,
            copy_of=inference.copy_of,
        )
        answers.send(said)
