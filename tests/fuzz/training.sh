#!/bin/sh
# Random networks train as numpy says. More of them with DELTAC_LONG.
exec "${PYTHON:-python3}" "$ROOT/tests/fuzz/training.py" "$DELTAC" "${TMPDIR:-/tmp}" "$([ -n "$DELTAC_LONG" ] && echo 300 || echo 16)" 3
