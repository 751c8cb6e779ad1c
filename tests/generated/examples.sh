#!/bin/sh
# Every example is checked, and trained to the figure that examples/README.md states for it.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/examples.py"
