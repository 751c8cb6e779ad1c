#!/bin/sh
# Killed at any of 200 instants and resumed: the same weights and log as undisturbed.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/resume.py" 200
