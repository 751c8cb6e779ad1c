#!/bin/sh
# Means over the batch, noise, matrices and steps of optimizers, decided without the refuter and with it, beside values. More pages with DELTAC_LONG.
"${PYTHON:-python3}" "$ROOT/tests/fuzz/batches.py" "$DELTAC" "$BUILD/break/deltac" "$([ -n "$DELTAC_LONG" ] && echo 60 || echo 4)" 9
