"""`ajar serve` with stand-in workers and runtimes: `stand_in_serve.py CONFIG STATE_DIR PACE [STEWARD]`.

PACE is a JSON object of waiting times, STEWARD a program in this folder. It prints one JSON line when ready.
Ends with 3 where it could not start.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import msgspec

from ajar.config.load import Loaded, load
from ajar.errors import AjarError
from ajar.runtimes.launch import Launch, Start
from ajar.store.keys import KeyFile
from ajar.supervisor.pace import Pace
from ajar.supervisor.supervisor import Parts, Ready, supervise
from ajar.traffic.health import HealthFile

HERE = Path(__file__).parent


class Marks:
    def retire(self, worker: int) -> None:
        pass


class Board:
    def __init__(self, path: Path, workers: int) -> None:
        self.path = path
        path.write_text("")

    def retire(self, worker: int) -> None:
        with self.path.open("a") as file:
            file.write(f"{worker}\n")


def plan(loaded: Loaded) -> dict[str, Launch]:
    return {
        name: Launch(
            (sys.executable, str(HERE / "stand_in_runtime.py")),
            Start(str((loaded.folder / deployment.model).resolve()), name, 512, deployment.slots, 1),
        )
        for name, deployment in loaded.config.deployments.items()
        if deployment.runtime == "llama.cpp"
    }


def on_ready(ready: Ready) -> None:
    print(json.dumps({"port": ready.port, "keyless": ready.keyless, "failed": ready.failed}), flush=True)


def main() -> None:
    config, state_dir = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        loaded = load(config)
        keys = KeyFile(state_dir)
        parts = Parts(
            loaded=loaded,
            load=lambda: load(config),
            state_dir=state_dir,
            keys=keys,
            keys_path=keys.path,
            make_board=Board,
            make_health=HealthFile.create,
            make_marks=lambda path, workers: Marks(),
            plan=plan,
            worker=(sys.executable, str(HERE / "stand_in_worker.py")),
            steward=(sys.executable, str(HERE / sys.argv[4])) if sys.argv[4:] else None,
            pace=msgspec.json.decode(sys.argv[3], type=Pace),
        )
        asyncio.run(supervise(parts, on_ready), debug=False)
    except AjarError as error:
        print(error, file=sys.stderr)
        sys.exit(3)


main()
