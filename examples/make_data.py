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
            out.write(','.join(value if value == '' else f'{value:.5g}' for value in row) + '\n')


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



def factors(seed, count, weights, noise):
    """A linear law in standard normal inputs, of which neighbours resemble each other"""
    draw = random.Random(seed)
    for _ in range(count):
        common = draw.gauss(0, 1)
        x = [0.6 * common + 0.8 * draw.gauss(0, 1) for _ in weights]
        yield *x, 0.5 + sum(w * v for w, v in zip(weights, x)) + draw.gauss(0, noise)


def exclusive_or():
    """The four rows of the table"""
    return ((a, b, float(a != b)) for a in (0, 1) for b in (0, 1))


# Ten digits, five columns by seven rows
SHAPES = """
.###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###.
#...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...#
#..## ..#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...#
#.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .####
##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#
#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#.
.###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..
""".split()


def digits():
    """8 × 8 pixels from 0 to 9, then ten columns for the class: the shapes above, shifted, slanted and blurred, with noise"""
    draw = random.Random(5)
    for i in range(600):
        digit, slant = i % 10, draw.uniform(-0.35, 0.35)
        down, right, blur = draw.uniform(-0.1, 1.1), draw.uniform(0.7, 2.3), draw.uniform(0.5, 0.8)
        ink = [(r + down, c + right + slant * (3 - r)) for r in range(7) for c in range(5) if SHAPES[10 * r + digit][c] == '#']
        pixels = [min(1, sum(math.exp(-((p // 8 - y) ** 2 + (p % 8 - x) ** 2) / (2 * blur ** 2)) for y, x in ink)) for p in range(64)]
        yield *(max(0, min(9, round(9 * v + draw.gauss(0, 0.7)))) for v in pixels), *(int(digit == k) for k in range(10))


def machine(seed, count, broken):
    """Eight channels of a machine that has three hidden causes. If it may be broken, every tenth row has one channel off"""
    draw = random.Random(seed)
    level, gain = [3, -1, 0, 10, 2, 0, 5, -4], [2, 1, 0.5, 4, 1, 3, 1, 2]
    for row in range(count):
        a, b, c = (draw.uniform(-1, 1) for _ in range(3))
        u = [a, b, c, 0.7 * (a + b), 0.7 * (a - c), 0.7 * (b + c), 0.6 * (a + b + c), 0.7 * (b - c)]
        x = [l + g * (v + draw.gauss(0, 0.05)) for l, g, v in zip(level, gain, u)]
        if broken:
            off = row % 10 == 9
            if off:
                j = draw.randrange(8)
                x[j] += draw.choice([-2.5, 2.5]) * gain[j]
            yield *x, float(off)
        else:
            yield tuple(x)


def rare():
    """One case in twenty is positive, in a corner of the plane that negative ones reach too"""
    draw = random.Random(8)
    for i in range(800):
        y = float(i % 20 == 7)
        middle = 1.2 if y else 0
        yield draw.gauss(middle, 0.6 if y else 0.8), draw.gauss(middle, 0.6 if y else 0.8), y


def holes():
    """Four inputs; a third of the cells is empty, and the last one is empty where the target is high"""
    draw = random.Random(9)
    for _ in range(500):
        x = [draw.gauss(1, 1) for _ in range(4)]
        y = x[0] - 2 * x[1] + 0.5 * x[2] + draw.gauss(0, 0.1)
        empty = [draw.random() < 0.3 for _ in range(3)] + [draw.random() < (0.8 if y > 0 else 0.1)]
        yield *('' if e else v for v, e in zip(x, empty)), y


table('one_layer.csv', ['x', 'y'], line())
table('mlp.csv', ['x[0]', 'x[1]', 'y[0]', 'y[1]', 'y[2]'], spirals())
table('rnn.csv', [f'x[{t}]' for t in range(6)] + ['y'], memory())
table('decay.csv', ['t'], times())

x8 = [f'x[{i}]' for i in range(8)]
table('ridge.csv', x8 + ['y'], factors(4, 60, [1, -0.5, 0.25, 2, 0, 0.5, -1, 0], 0.5))
table('lasso.csv', [f'x[{i}]' for i in range(20)] + ['y'], factors(6, 200, [2, 0, 0, -1.5, 0, 0, 0, 1] + 12 * [0], 0.3))
table('xor.csv', ['x[0]', 'x[1]', 'y'], exclusive_or())
table('digits.csv', [f'x[{i}]' for i in range(64)] + [f'y[{i}]' for i in range(10)], digits())
table('anomaly.csv', x8, machine(7, 600, False))
table('anomaly_test.csv', x8 + ['broken'], machine(70, 200, True))
table('imbalance.csv', ['x[0]', 'x[1]', 'y'], rare())
table('missing.csv', [f'x[{i}]' for i in range(4)] + ['y'], holes())
