#!/bin/sh
# Loss curves of all optimizers and schedules over 50 steps equal a reference written independently in plain Python.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/optimizers.py"
