#!/bin/sh
# The same over all pages of the corpora.
exec "${PYTHON:-/usr/bin/python3}" tests/generated/check_apart.py all
