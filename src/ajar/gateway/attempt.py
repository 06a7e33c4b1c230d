"""Run a plan: one deployment after the other, until one gives an answer that may go to the caller."""

from __future__ import annotations

from asyncio import CancelledError
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import (
    AjarError,
    BudgetTimeout,
    CannotCarry,
    ConnectTimeout,
    FirstByteTimeout,
    TotalTimeout,
    Unavailable,
    UpstreamError,
    UpstreamRefused,
)
from ajar.gateway import pin
from ajar.gateway.issued import Issued
from ajar.gateway.legs import Legs
from ajar.gateway.picks import Picks, first_pick
from ajar.gateway.refusal import declined, read_refusal, what_to_tell
from ajar.gateway.sequel import after_loss, after_status, may_ask_twice
from ajar.gateway.streamed import hear_out, open_stream
from ajar.gateway.told import Log
from ajar.gateway.whole import gather, take_whole
from ajar.wire.opaque_request import NOTHING
from ajar.wire.read_error import ReadError

if TYPE_CHECKING:
    from ajar.gateway.answer import Answer
    from ajar.gateway.ask import Ask
    from ajar.gateway.course import Course
    from ajar.gateway.head import Head
    from ajar.gateway.health import Health
    from ajar.gateway.inference import Inference
    from ajar.gateway.picks import Pick
    from ajar.gateway.target import Target
    from ajar.gateway.watch import Watch
    from ajar.store.origins import Origins
    from ajar.upstream.client import Client, Response


class Attempts:
    """Asks deployments. One for each worker: it holds the connections, the time limits and the deployments' health."""

    def __init__(self, client: Client, watch: Watch, origins: Origins, health: Health) -> None:
        self._client = client
        self._origins = origins
        self._watch = watch
        self._health = health
        self.log = Log()
        """Tells the operator what went wrong, also after an attempt's first content."""

    async def run(self, inference: Inference, ask: Ask, head: Head) -> Answer:
        """The first usable answer of the plan's targets, or the last one's refusal.

        Raises the last target's UpstreamError where none answered, Busy where none had a place, and Unavailable where
        there was none to ask. The caller has seen nothing of what went before.
        """
        places = self._places(inference, ask)
        plan = inference.plan  # which may be another one now
        legs = Legs(ask, plan, places)
        pick = first_pick(legs, self._health)
        picks = None if pick is not None else self._picks(inference, legs, None)
        last: Answer | AjarError | None = None
        refusal: Answer | None = None
        left_s = plan.budget.seconds
        try:
            while True:
                if pick is None:
                    assert picks is not None
                    pick = await picks.next()
                    if pick is None:
                        break
                    left_s = picks.course.left_s(monotonic())
                inference.begin_attempt(pick.target, probe=pick.probe)
                inference.losses = pick.leg.losses
                try:
                    answer = await self._ask(inference, pick, ask, head, left_s)
                except CannotCarry as error:  # something of the answer, on a strict route
                    inference.end_attempt(200, error.code)
                    raise
                except UpstreamError as error:
                    picks = picks or self._picks(inference, legs, pick)
                    last = self._failed(inference, picks.course, pick, error)
                else:
                    status = answer.response.status
                    declines = plan.asks_on and declined(ask, answer)
                    if status < 400 and not declines:
                        _give_up(refusal)
                        return answer
                    picks = picks or self._picks(inference, legs, pick)
                    if declines:  # whatever goes wrong elsewhere, this is an answer
                        inference.end_attempt(status, None)
                        _give_up(refusal)
                        last = refusal = answer
                    else:
                        last = _refused(inference, picks.course, pick, answer, ask)
                pick = None
        except BaseException:
            _give_up(refusal)
            raise
        if refusal is not None:
            return refusal
        if last is None:
            last = picks.busy or legs.refusal or Unavailable("no deployment of this route can be tried now")
            last.retry_after = last.retry_after or (1 if last.status == Unavailable.status else None)
        if isinstance(last, AjarError):
            raise last.anew()
        return last

    def _picks(self, inference: Inference, legs: Legs, first: Pick | None) -> Picks:
        return Picks(legs, inference.plan.budget, inference.began, self._health, inference.caller, first)

    def _places(self, inference: Inference, ask: Ask) -> tuple[pin.Allowed[Target], ...] | None:
        """Where what the request carries may go, the best place first; None where it carries nothing of the kind.

        Where that is no free choice, the inference takes no part in an experiment; but where it leads to the unit's own
        arm it counts for that one: else of an arm that ties its callers only their first requests would be compared.
        Raises InvalidField where it names state that cannot be reached.
        """
        if ask.values is None or ask.values is NOTHING:
            return None
        plan = free = inference.plan
        find = partial(self._origins.find, inference.caller)
        if plan.tied is not None and pin.is_tied(ask.values, find):
            inference.plan = plan = plan.tied
        pinned = pin.pin(ask.values, find, plan.targets, absent=plan.absent, beside=plan.beside)
        first = pinned.targets[0].target.name if pinned.targets else None
        if plan is not free and free.arm is not None and first == free.arm.variant:
            inference.plan = msgspec.structs.replace(plan, arm=free.arm)
        inference.notes = pinned.notes
        return pinned.targets

    async def _ask(self, inference: Inference, pick: Pick, ask: Ask, head: Head, left_s: float) -> Answer:
        """What the target answers, as far as it must be there before the caller sees any of it."""
        target, to_send = pick.target, pick.leg
        assert target.origin is not None  # planning leaves out what is not up
        body = to_send.body
        forward = head.forward if to_send.back in (None, ask.front.format) else b""  # they speak of the format
        limit_s = min(target.first_byte_s, target.total_s, left_s)
        response: Response | None = None
        task = inference.task
        self._watch.begin(task, limit_s)
        try:
            if target.signed:
                await target.credentials.ready()
            message = target.message(to_send.path, forward, body)
            again = may_ask_twice(inference.plan.repeat, target.metered)
            response = await self._client.send(
                target.origin, message, body, connect_s=target.connect_s, again=again, sent=inference.mark_sent
            )
            first = response.rest() if response.ended else await response.chunk()
            if inference.stream and response.status == 200:
                issued = Issued(self._origins, inference.caller, target)
                answer = await open_stream(inference, target, ask, to_send, response, first, issued)
                inference.content_came()
                self._watch.end(task)
                if inference.plan.asks_on and declined(ask, answer):
                    await hear_out(inference, target, answer)
                return answer
            inference.first_byte()
            self._watch.end(task)
            if not response.ended:
                first = await gather(inference, self._watch, target, to_send, response, first)
            return take_whole(inference, self._origins, target, ask, to_send, response, first)
        except BaseException as error:
            self._watch.end(task)
            if response is not None:
                response.close()
            if inference.pulse is not None:
                inference.pulse.unlimit()
            if isinstance(error, CancelledError):
                if self._watch.late(task) is not None:
                    raise _time_out(inference, target, limit_s, left_s) from None
                late = None if inference.pulse is None else inference.pulse.late()
                if late is not None:
                    raise late.anew() from None
            raise

    def _failed(self, inference: Inference, course: Course, pick: Pick, error: UpstreamError) -> AjarError:
        """The attempt gave no answer, or an error in place of one. Returns what to tell the caller."""
        if not isinstance(error, UpstreamRefused):
            inference.end_attempt(None, error.code)
            after_loss(course, pick, error, inference.plan.repeat)
            return self.log.tell(pick.target.name, error)
        read = ReadError(error.message, error.type, error.code, error.retry_after)
        told = after_status(course, pick, error.status, _no_header, read)
        inference.end_attempt(error.status, error.outcome, told)
        return error.anew()


def _give_up(refusal: Answer | None) -> None:
    if refusal is not None:
        refusal.response.close()


def _time_out(inference: Inference, target: Target, limit_s: float, left_s: float) -> UpstreamError:
    """What kept an attempt from content until its time was up."""
    words = f"within {limit_s:g} s"
    if not inference.sent:
        return ConnectTimeout(f"no connection {words}")
    if limit_s == left_s and left_s < inference.plan.budget.seconds:
        return BudgetTimeout(f"nothing of an answer {words}, which was left of the route's budget")
    kind = TotalTimeout if limit_s == target.total_s else FirstByteTimeout
    return kind(f"nothing of an answer {words}")


def _refused(inference: Inference, course: Course, pick: Pick, answer: Answer, ask: Ask) -> Answer | AjarError:
    """The attempt's answer is a refusal. Returns what to tell the caller."""
    response = answer.response
    told = after_status(course, pick, response.status, response.header, read_refusal(answer, pick.leg.back, ask))
    inference.end_attempt(response.status, f"upstream_{response.status}", told)
    answer.told = told
    response.close()  # what is not here by now is not wanted
    if inference.pulse is not None:
        inference.pulse.unlimit()  # a long one was still under way, in this deployment's time limits
    return what_to_tell(answer)


def _no_header(name: bytes) -> None:
    del name
