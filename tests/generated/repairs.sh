#!/bin/sh
# Printed suggestions, read again: of the corpora, of the examples, of a fixed sample of one-token mutants.
exec "${PYTHON:-/usr/bin/python3}" tests/generated/repairs.py 300
