"""Writes the data of the examples, always the same bytes: python3 make_data.py [FOLDER]"""
import math
import os
import random
import sys

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def table(name, header, rows):
    with open(os.path.join(FOLDER, name), 'w', encoding='ascii', newline='\n') as out:
        out.write(','.join(header) + '\n')
        for row in rows:
            out.write(','.join(f'{value:.5g}' for value in row) + '\n')


def line():
    """y = 2x + 1 with noise of deviation 0.05"""
    draw = random.Random(1)
    for _ in range(200):
        x = draw.uniform(-1, 1)
        yield x, 2 * x + 1 + draw.gauss(0, 0.05)


def spirals():
    """Three arms of a spiral; the class is one-hot"""
    draw = random.Random(2)
    for i in range(240):
        arm, r = i % 3, draw.uniform(0.1, 1)
        angle = 2.2 * r + arm * 2 * math.pi / 3 + draw.gauss(0, 0.08)
        yield r * math.cos(angle), r * math.sin(angle), *(float(arm == k) for k in range(3))


def memory():
    """Six numbers; the target is their sum with older ones forgotten, 0.7 a step"""
    draw = random.Random(3)
    for _ in range(300):
        x = [draw.uniform(-1, 1) for _ in range(6)]
        yield *x, 0.5 * sum(v * 0.7 ** (5 - t) for t, v in enumerate(x))


def times():
    """Where the differential equation is looked at"""
    return ((2 * i / 100,) for i in range(101))


table('one_layer.csv', ['x', 'y'], line())
table('mlp.csv', ['x[0]', 'x[1]', 'y[0]', 'y[1]', 'y[2]'], spirals())
table('rnn.csv', [f'x[{t}]' for t in range(6)] + ['y'], memory())
table('decay.csv', ['t'], times())
