"""The metrics of a worker: cells of the shared board, found once for each set of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.domain.record import InferenceRecord
    from ajar.traffic.board import Board
    from ajar.traffic.cells import Cell

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The bucket bounds that OpenTelemetry gives for `gen_ai.client.operation.duration`."""


_MOST_OUTCOMES = 20_000

HELP = {
    "ajar_inferences_total": "Inferences by route, by the deployment that answered, and by the status the caller saw.",
    "ajar_attempts_total": "Calls to deployments; error is empty where the answer was whole.",
    "ajar_tokens_total": "Tokens that deployments reported, input (cached included) and output (reasoning included).",
    "ajar_inference_duration_seconds": "Time from a request to the end of its answer.",
    "ajar_time_to_first_byte_seconds": "Time from a request to the first byte of its answer's body.",
    "ajar_requests_refused_total": "Requests refused before a deployment was tried, by error code.",
    "ajar_lossy_inferences_total": "Inferences of which something could not be carried between two formats.",
    "ajar_inferences_in_flight": "Inferences that run now.",
    "ajar_deployment_state": "A deployment's circuit breaker on this machine: 0 closed, 1 half-open, 2 open.",
    "ajar_deployment_in_flight": "Attempts at a deployment that run now on this machine.",
    "ajar_breaker_opened_total": "Openings of a deployment's circuit breaker; failed probes do not count.",
    "ajar_feedback_total": "Values of metrics that callers gave, corrections among them.",
    "ajar_shadow_total": "Copies of live inferences for a rollout's candidate, by what came of them.",
    "ajar_answers_unchecked_total": "Answers that a route's checks did not get to see, by reason.",
    "ajar_records_lost_total": "Answers that went out though the journal did not take their record.",
}
"""One sentence for each metric."""


class _Cells:
    """What one outcome counts: found once, then only added to."""

    __slots__ = ("attempts", "durations", "first_bytes", "inferences", "input_tokens", "output_tokens")

    def __init__(
        self, board: Board, route: str, deployment: str, status: int, errors: tuple[tuple[str, str], ...]
    ) -> None:
        of_deployment = ("deployment", deployment)
        self.inferences = board.counter(
            "ajar_inferences_total", (("route", route), of_deployment, ("status", str(status)))
        )
        self.attempts = [
            board.counter("ajar_attempts_total", (("deployment", name), ("error", error))) for name, error in errors
        ]
        self.durations = board.histogram("ajar_inference_duration_seconds", (("route", route),), _SECONDS)
        self.first_bytes = board.histogram("ajar_time_to_first_byte_seconds", (("route", route),), _SECONDS)
        self.input_tokens = board.counter("ajar_tokens_total", (of_deployment, ("type", "input")))
        self.output_tokens = board.counter("ajar_tokens_total", (of_deployment, ("type", "output")))


class Meters:
    """Counts what happened: one dictionary look-up for each outcome, and a few additions."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._cells: dict[tuple[object, ...], _Cells] = {}
        self._refusals: dict[str, Cell] = {}
        self.in_flight = board.gauge("ajar_inferences_in_flight", ())
        self.records_lost = board.counter("ajar_records_lost_total")

    def record(self, record: InferenceRecord) -> None:
        """Count one concluded inference and its attempts. Of a copy only what it took: no caller saw it."""
        attempts = record.attempts
        if len(attempts) == 1:
            errors = (attempts[0].error,)
        else:
            errors = tuple([(attempt.deployment, attempt.error) for attempt in attempts])
        key = (record.route, record.deployment, record.status, errors)
        cells = self._cells.get(key) or self._find(key, record)
        for cell in cells.attempts:
            cell.add(1)
        if record.copy_of is None:
            cells.inferences.add(1)
            cells.durations.observe(record.total_ms / 1000)
            if record.ttfb_ms is not None:
                cells.first_bytes.observe(record.ttfb_ms / 1000)
            if record.dropped:
                self._lossy(record)
        usage = record.usage
        if usage is not None:
            if usage.input_tokens:
                cells.input_tokens.add(usage.input_tokens)
            if usage.output_tokens:
                cells.output_tokens.add(usage.output_tokens)

    def openings(self, deployment: str) -> Cell:
        """Counts how often a deployment's breaker opened."""
        return self._board.counter("ajar_breaker_opened_total", (("deployment", deployment),))

    def _lossy(self, record: InferenceRecord) -> None:
        labels = (("route", record.route or ""), ("deployment", record.deployment or ""))
        self._board.counter("ajar_lossy_inferences_total", labels).add(1)

    def feedback(self, route: str, metric: str) -> None:
        """Count a value that a caller gave."""
        self._board.counter("ajar_feedback_total", (("route", route), ("metric", metric))).add(1)

    def shadow(self, outcome: str) -> None:
        """Count a copy of a live inference, or one that was not made."""
        self._board.counter("ajar_shadow_total", (("outcome", outcome),)).add(1)

    def unchecked(self, reason: str) -> None:
        """Count an answer that does not get to the steward."""
        self._board.counter("ajar_answers_unchecked_total", (("reason", reason),)).add(1)

    def refused(self, code: str) -> None:
        """Count a request that was refused before anything was planned."""
        cell = self._refusals.get(code)
        if cell is None:
            cell = self._refusals[code] = self._board.counter("ajar_requests_refused_total", (("code", code),))
        cell.add(1)

    def _find(self, key: tuple[object, ...], record: InferenceRecord) -> _Cells:
        if len(self._cells) > _MOST_OUTCOMES:
            self._cells.clear()  # the cells themselves stay on the board
        errors = tuple((attempt.deployment, attempt.error or "") for attempt in record.attempts)
        cells = _Cells(self._board, record.route or "", record.deployment or "", record.status, errors)
        self._cells[key] = cells
        return cells
