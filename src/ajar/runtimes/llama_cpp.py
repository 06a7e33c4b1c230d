"""The child program of the embedded runtime: one llama.cpp server for one deployment.

`python -m ajar.runtimes.llama_cpp` reads its settings from stdin, serves OpenAI's API on a loopback port of its own,
and ends when its stdin does. It is a process of its own because a damaged model file can end the process natively.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from typing import Any, BinaryIO, Protocol

import msgspec

from ajar.runtimes.launch import Start
from ajar.runtimes.parent import claim_stdout, die_with_parent, say

_PROMPT_CACHE_MIB = 64
_ERRORS_ONLY = 1


class Listening(Protocol):
    """A running server."""

    @property
    def listening_address(self) -> str:
        """Such as `http://127.0.0.1:43210`."""
        ...


def main() -> None:
    """Serve until the parent is gone."""
    # systemd sends SIGTERM to every process, and then answers are still to be finished: stdin says when they are.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
    voice = claim_stdout()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    start = msgspec.json.decode(line, type=Start)
    # Loading a large model takes minutes, and the parent may end meanwhile: a thread of its own watches for that.
    watch = threading.Thread(target=_end_with_stdin, daemon=True)
    watch.start()
    server = _serve_or_say_why(start, voice)
    say(voice, {"kind": "ready", "base_url": f"{server.listening_address}/v1", "pid": os.getpid()})
    watch.join()


def serve(start: Start) -> Listening:
    """Start the server; its threads are native. Raises RuntimeError where llama.cpp cannot load the model."""
    xllamacpp: Any = importlib.import_module("xllamacpp")  # native, without type stubs
    params = xllamacpp.CommonParams()
    params.model.path = start.model
    params.model_alias = {start.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = start.slots
    params.n_ctx = start.context * start.slots
    params.kv_unified = False
    params.cpuparams.n_threads = start.threads
    params.cpuparams_batch.n_threads = start.threads
    if start.embedding:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    _close_doors(params)
    params.endpoint_metrics = True
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.n_ctx_checkpoints = 0
    params.fit_params = False
    params.check_tensors = True
    params.verbosity = _ERRORS_ONLY
    server: Listening = xllamacpp.Server(params)
    return server


def _close_doors(params: Any) -> None:
    """No web page may call the server, it shows no prompts and fetches nothing: the defaults allow all three."""
    params.cors_origins = "http://127.0.0.1"
    params.ui = False
    params.endpoint_slots = False
    params.offline = True


def _serve_or_say_why(start: Start, voice: BinaryIO) -> Listening:
    try:
        return serve(start)
    except (RuntimeError, OSError):  # the exception says nothing; llama.cpp's reason went to stderr
        why = f"llama.cpp could not load {start.model}, for the reason that it gave above: is it a whole GGUF file?"
        say(voice, {"kind": "refused", "why": why})
        os._exit(1)  # an ordinary exit would wait for the thread that reads stdin


def _end_with_stdin() -> None:
    while sys.stdin.buffer.readline():
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
