#!/bin/sh
# LeNet and the variational autoencoder on images of 28 × 28, the transformer on sequences of 24: to a stated figure.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/full_size.py"
