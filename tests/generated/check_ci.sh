#!/bin/sh
exec "${PYTHON:-/usr/bin/python3}" tests/generated/check_ci.py
