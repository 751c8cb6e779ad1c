#!/bin/sh
# Random pages over sizes without a value: their gradients are those of numpy, whatever the sizes. More of them with DELTAC_LONG.
exec "${PYTHON:-python3}" "$ROOT/tests/fuzz/blocks.py" "$DELTAC" "$BUILD" "${TMPDIR:-/tmp}" "$([ -n "$DELTAC_LONG" ] && echo 150 || echo 4)" 7
