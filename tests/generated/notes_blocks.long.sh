#!/bin/sh
exec "${PYTHON:-/usr/bin/python3}" tests/generated/notes_blocks.py 20000
