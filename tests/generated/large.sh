#!/bin/sh
# A sparse file of 10 GB under a limit of 1 GB: memory, speed, and faults in the middle of an epoch.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/large.py" 12
