#!/bin/sh
# Random networks train as numpy says where threads share all loops that they may share, however short. More of them with DELTAC_LONG.
export DELTAC_BREAK=share OMP_NUM_THREADS=3 OMP_WAIT_POLICY=passive
exec "${PYTHON:-python3}" "$ROOT/tests/fuzz/training.py" "$BUILD/break/deltac" "${TMPDIR:-/tmp}" "$([ -n "$DELTAC_LONG" ] && echo 100 || echo 3)" 12
