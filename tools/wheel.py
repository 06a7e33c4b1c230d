"""Build the wheel, install it into a clean environment, and use it as a newcomer would: `ajar serve`, official client.

Needs the package index (the clean environment is filled from the locked requirements).
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from openai import OpenAI

ROOT = Path(__file__).resolve().parent.parent
MESSAGE = "My order #48213 arrived with a cracked lid, please send the money back"


def main() -> None:
    """Raises on the first thing that is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        program = install(build(place / "dist"), place / "env")
        use(program, place)
    print("wheel    ok", flush=True)


def build(folder: Path) -> Path:
    """The wheel, made from the checkout."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """An environment with the locked dependencies and the wheel, nothing else; returns its `ajar`."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--requirement",
        ROOT / "requirements" / "run.txt",
    )
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    return folder / "bin" / "ajar"


def use(program: Path, folder: Path) -> None:
    """Serve the shipped model from an empty folder and ask it, plainly and streamed; then Ctrl-C."""
    server = subprocess.Popen([program, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.match(r"ready  (http://127\.0\.0\.1:\d+/v1) ", line)
        assert found, f"no ready line, but {line!r}"
        ask(OpenAI(base_url=found[1], api_key="none", max_retries=0))
    finally:
        server.send_signal(signal.SIGINT)
        began = time.monotonic()
        server.wait(10)
    took = time.monotonic() - began
    assert took < 5, f"Ctrl-C took {took:.1f} s"
    assert server.returncode in (0, 130, -signal.SIGINT), server.returncode


def ask(client: OpenAI) -> None:
    """One plain and one streamed chat completion, and the model list."""
    assert "support-triage" in [model.id for model in client.models.list()]
    messages = [{"role": "user", "content": MESSAGE}]
    plain = client.chat.completions.create(model="support-triage", messages=messages)  # type: ignore[arg-type]
    text = plain.choices[0].message.content or ""
    assert '"order_id": "#48213"' in text, text
    stream = client.chat.completions.create(model="support-triage", messages=messages, stream=True)  # type: ignore[call-overload]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == text


def run(*command: object) -> None:
    """Run a command quietly; its output is shown where it fails."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{command[0]} failed:\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    main()
