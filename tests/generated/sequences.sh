#!/bin/sh
# Clipping, averaged weights, sequences of optimizers and lbfgs equal references written independently in plain Python.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/sequences.py"
