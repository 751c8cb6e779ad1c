#!/bin/sh
# A built trainer as people and their scripts meet it: signals, full disks, no memory, values that are not finite, terminals, curves, wrong options.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/trainer.py"
