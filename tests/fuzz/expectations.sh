#!/bin/sh
# Exact expectations beside quadrature. More of them with DELTAC_LONG.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" "$ROOT/tests/fuzz/expectations.py" "$DELTAC" "$scratch" "$([ -n "$DELTAC_LONG" ] && echo 1000 || echo 40)" 7
