"""Every open-weight runtime that a deployment may name, and how it is started."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from ajar.runtimes import models
from ajar.runtimes.launch import Launch, Start

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.model import Config, Deployment

DEFAULT_CONTEXT = 4096
"""Tokens for each slot of a model of one's own; the server lowers it to what the model was trained with."""


class Runtime(msgspec.Struct, frozen=True):
    """One kind of server. `program` is the module that runs it as a child; None: reached through `base_url` only."""

    name: str
    program: str | None = None


RUNTIMES = {
    runtime.name: runtime
    for runtime in (
        Runtime("llama.cpp", program="ajar.runtimes.llama_cpp"),
        Runtime("vllm"),
        Runtime("sglang"),
        Runtime("ollama"),
        Runtime("tgi"),
    )
}


def launches(config: Config, folder: Path) -> dict[str, Launch]:
    """How to start each deployment whose runtime is Ajar's to start, by deployment name.

    `folder` is where relative model paths begin. A model without a file gets a launch too: its start will fail.
    """
    found = {name: _launch(deployment, folder) for name, deployment in config.deployments.items()}
    return {name: launch for name, launch in found.items() if launch is not None}


def _launch(deployment: Deployment, folder: Path) -> Launch | None:
    runtime = RUNTIMES.get(deployment.runtime or "")
    if runtime is None or runtime.program is None or deployment.base_url is not None:
        return None
    path = models.find(deployment.model, folder) or (folder / deployment.model).resolve()
    ours = path.parent == models.weights_folder()
    return Launch(
        command=(sys.executable, "-m", runtime.program),
        settings=Start(
            model=str(path),
            alias=path.stem if path.suffix == ".gguf" else deployment.model,
            context=deployment.context or (models.SHIPPED_CONTEXT if ours else DEFAULT_CONTEXT),
            slots=deployment.slots,
            threads=deployment.threads,
            embedding=True,
        ),
    )
