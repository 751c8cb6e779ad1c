#!/bin/sh
# The editor service in a session, and the highlighting beside the lexer.
set -u
python=${PYTHON:-python3}
"$python" tests/generated/lsp.py "$DELTAC" examples/two_layer_slip.delta 0.1 examples/*.delta tests/claims/tempting.delta tests/golden/show/pages/*.delta
"$python" tests/generated/highlight.py "$DELTAC" editors/delta.tmLanguage.json examples/*.delta tests/golden/show/pages/difficult.delta
exit 0
