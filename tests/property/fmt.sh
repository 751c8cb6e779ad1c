#!/bin/sh
exec "${PYTHON:-/usr/bin/python3}" tests/property/fmt.py
