#!/bin/sh
# Broken pages: a message, never a crash. More of them with DELTAC_LONG.
exec "${PYTHON:-python3}" "$ROOT/tests/fuzz/pages.py" "$DELTAC" "$ROOT" "${TMPDIR:-/tmp}" "$([ -n "$DELTAC_LONG" ] && echo 2000 || echo 150)" 7
