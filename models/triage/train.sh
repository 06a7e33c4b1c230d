#!/bin/sh
# Make both checkpoints, their GGUFs, figures and cards from the seed. Needs requirements.txt.
# The build folder (default build/triage) gets the source weights; PYTHON names the interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/.." OMP_WAIT_POLICY=PASSIVE \
    exec "${PYTHON:-python3}" -m triage.make --folder "${1:-build/triage}"
