#!/bin/sh
# Near identities of inverse functions, decided without the refuter, beside exact and 60-digit values. More of them with DELTAC_LONG.
"${PYTHON:-python3}" "$ROOT/tests/fuzz/components.py" "$BUILD/break/deltac" "$([ -n "$DELTAC_LONG" ] && echo 2000 || echo 40)" 5
