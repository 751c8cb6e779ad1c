#!/bin/sh
exec "${PYTHON:-/usr/bin/python3}" tests/generated/two_layer_mutants.py examples/two_layer.delta
