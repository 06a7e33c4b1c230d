"""What the scripted model says: decided from the request alone, the same in every format."""

from __future__ import annotations

from dataclasses import dataclass, field

THOUGHT = "Fifteen times thirty-seven is 555."
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBzY3JpcHQ="
WORDS = ("One ", "two ", "three.")
ARGUMENTS = '{"location": "San Francisco"}'
MARKER = "marker-of-the-script"
SHELLS = {
    "Bash": f'{{"command": "echo {MARKER}", "description": "Say a word"}}',
    "exec_command": f'{{"cmd": "echo {MARKER}"}}',
    "shell_command": f'{{"command": "echo {MARKER}"}}',
}
"""What an agent's shell is asked, by the name that the agent gives it."""


@dataclass
class Script:
    """One answer. `calls` are tool calls (id, name, arguments), `words` the pieces of the text."""

    thought: str | None = None
    words: tuple[str, ...] = WORDS
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    tokens_in: int = 11
    cached: int = 4
    tokens_out: int = 7
    tokens_thought: int = 0

    @property
    def text(self) -> str:
        """The whole text; empty where a tool is called."""
        return "" if self.calls else "".join(self.words)


def script(tools: list[str], *, forced: bool, answered: bool, thinks: bool) -> Script:
    """A call of every tool where one is forced, of an agent's shell unforced, and text once a tool has `answered`.

    Thoughts where asked for.
    """
    found = Script()
    if thinks:
        found.thought, found.tokens_thought = THOUGHT, 5
    if tools and forced and not answered:
        found.calls = [(f"call_{index:08d}", name, ARGUMENTS) for index, name in enumerate(tools)]
    elif not answered:
        found.calls = [(f"call_{name}", name, SHELLS[name]) for name in tools if name in SHELLS][:1]
    return found
