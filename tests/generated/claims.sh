#!/bin/sh
# The corpora of tests/claims with a fixed sample of their one-token mutants.
exec "${PYTHON:-/usr/bin/python3}" tests/generated/claims.py 120
