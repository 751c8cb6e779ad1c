"""Processor seconds that SymPy needs to derive the gradient of a chain of scalar layers: python3 sympy_driver.py LAYERS."""
import sys
import time

import sympy

layers = int(sys.argv[1])
start = time.process_time()
x, y = sympy.symbols("x y")
weights = sympy.symbols(f"w1:{layers + 1}")
biases = sympy.symbols(f"b1:{layers + 1}")
a = x
for w, b in zip(weights, biases):
    a = sympy.tanh(w * a + b)
cost = (a - y) ** 2 / 2
gradient = [sympy.diff(cost, p) for p in weights + biases]
print(time.process_time() - start)
