#!/bin/sh
# Every line that a derivation prints is a claim that holds.
"${PYTHON:-python3}" tests/generated/derived_lines.py examples/*.delta tests/generated/pages/*.delta tests/golden/show/pages/*.delta
exit 0
