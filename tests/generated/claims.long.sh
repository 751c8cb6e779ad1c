#!/bin/sh
# The corpora of tests/claims with all of their one-token mutants.
exec "${PYTHON:-/usr/bin/python3}" tests/generated/claims.py 0
