"""The root, and what goes wrong in Ajar itself or on its machine."""

from __future__ import annotations

from typing import Self


class AjarError(Exception):
    """The root: catch this to catch everything that Ajar raises on purpose."""

    status: int = 500
    type: str = "server_error"
    code: str = "internal_error"

    def __init__(self, message: str, *, param: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        """The request field at fault, where there is one."""
        self.retry_after = retry_after
        """Seconds after which trying again may help; None where waiting does not help."""

    def anew(self) -> Self:
        """The same error without its traceback: to be raised by one who keeps this one, or kept by one who caught it.

        A frame that holds the error that it raised is a circle, and all that the frames below it hold stays until the
        collector comes: request bodies.
        """
        error = type(self).__new__(type(self), *self.args)
        error.__dict__.update(self.__dict__)
        return error

    @property
    def outcome(self) -> str:
        """What records call it: one of a few words, whatever an upstream called it."""
        return self.code


class ConfigError(AjarError):
    """What the operator wrote cannot be used.

    `problems` holds one finished sentence for each fault, with file, line, key and hint.
    """

    code = "config_error"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ConfigUnreadable(ConfigError):
    """The file itself cannot be had: it is not there, not a file, or not for this user to read."""


class StateError(AjarError):
    """The state directory is locked by another process, unreadable, or unsafe."""

    code = "state_error"


class JournalError(AjarError):
    """A record could not be appended to the journal."""

    status = 503
    code = "journal_unavailable"


class Drained(AjarError):
    """The service stops, and the time for running inferences is over."""

    status = 503
    type = "unavailable_error"
    code = "drained"


class Unavailable(AjarError):
    """No deployment of the route may be tried now."""

    status = 503
    type = "unavailable_error"
    code = "no_deployment_available"


class Busy(AjarError):
    """As many inferences run at the deployment as its `max_concurrent` allows, and its queue is full."""

    status = 429
    type = "rate_limit_error"
    code = "deployment_busy"


class Overloaded(AjarError):
    """This worker has as many inferences as the server's `max_concurrent` allows."""

    status = 503
    type = "unavailable_error"
    code = "overloaded"
