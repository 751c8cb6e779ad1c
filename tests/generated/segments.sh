#!/bin/sh
# Recurrences in segments compute what they compute without a limit of memory.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/segments.py"
