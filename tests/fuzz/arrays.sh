#!/bin/sh
# Where proved claims about arrays, sums and recurrences are said to hold, for small sizes too. More pages with DELTAC_LONG.
"${PYTHON:-python3}" "$ROOT/tests/fuzz/arrays.py" "$DELTAC" "$([ -n "$DELTAC_LONG" ] && echo 120 || echo 6)" 9
