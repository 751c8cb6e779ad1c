#!/bin/sh
exec "${PYTHON:-/usr/bin/python3}" tests/generated/verify_mutants.py
