#!/bin/sh
# Killed at an instant from a fixed list and resumed: the same weights and log as undisturbed. resume.long.sh takes 200 instants.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/resume.py" 12
