#!/bin/sh
# Recurrences of many kinds take the same step of training as their second version in numpy.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/recurrences.py"
