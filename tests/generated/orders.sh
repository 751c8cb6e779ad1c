#!/bin/sh
# Derivatives of high order by an input, in the cost, against truncated Taylor series in numpy; their text grows in step with the order.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/orders.py"
