#!/bin/sh
# Where proved claims are said to hold, beside numpy's values at special and other points. More of them with DELTAC_LONG.
"${PYTHON:-python3}" "$ROOT/tests/fuzz/domains.py" "$DELTAC" "$([ -n "$DELTAC_LONG" ] && echo 6000 || echo 600)" 11
