#!/bin/sh
# Sums that may be over nothing, decided without the refuter, beside values. More of them with DELTAC_LONG.
"${PYTHON:-python3}" "$ROOT/tests/fuzz/ranges.py" "$BUILD/break/deltac" "$([ -n "$DELTAC_LONG" ] && echo 6000 || echo 300)" 3
