#!/bin/bash
# Derivatives of one step of a recurrence: their values, and that they cost as many steps as there are.
exec "${PYTHON:-python3}" "$(dirname "$0")/steps.py"
