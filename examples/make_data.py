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


def two_classes():
    """Two clouds that overlap a little"""
    draw = random.Random(11)
    for i in range(200):
        y = i % 2
        yield draw.gauss(2 * y, 0.8), draw.gauss(1 - 2 * y, 0.8), draw.gauss(0, 1), float(y)


def three_clouds(seed, count, deviation):
    """Points about three centres"""
    draw = random.Random(seed)
    for i in range(count):
        u, v = [(-2, 0), (2, 0.5), (0.5, 3)][i % 3]
        yield i % 3, draw.gauss(u, deviation), draw.gauss(v, deviation)


def sheet():
    """Five numbers near a plane"""
    draw = random.Random(13)
    for _ in range(200):
        a, b = draw.gauss(0, 1.5), draw.gauss(0, 1)
        yield tuple(v + draw.gauss(0, 0.1) for v in (a, b, 0.5 * a + b, a - b, 0.3 * a))


def arc():
    """Three numbers near a curve"""
    draw = random.Random(14)
    for _ in range(200):
        t = draw.uniform(-1.5, 1.5)
        yield tuple(v + draw.gauss(0, 0.02) for v in (t, math.sin(2 * t), math.cos(2 * t)))


def scales():
    """Three inputs of very different size and place"""
    draw = random.Random(15)
    for _ in range(256):
        a, b, c = draw.gauss(0, 1), draw.gauss(0, 1), draw.gauss(0, 1)
        yield 100 + 10 * a, 0.01 * b, 5 * c - 20, abs(a) - b + 0.5 * max(c, 0)


def marked():
    """Eight pairs: a number, and a mark at two of them; the target is the sum of the marked numbers"""
    draw = random.Random(16)
    for _ in range(400):
        x = [draw.uniform(0, 1) for _ in range(8)]
        marks = draw.sample(range(8), 2)
        yield *(v for t in range(8) for v in (x[t], float(t in marks))), sum(x[t] for t in marks)


def book():
    """Five places with a direction as key and a number; the target is the number at the key that is asked for"""
    draw = random.Random(17)
    for _ in range(400):
        start = draw.uniform(0, 2 * math.pi)
        angles = [start + t * 2 * math.pi / 5 for t in range(5)]
        draw.shuffle(angles)
        values, asked = [draw.uniform(-1, 1) for _ in range(5)], draw.randrange(5)
        yield *(c for a in angles for c in (math.cos(a), math.sin(a))), *values, math.cos(angles[asked]), math.sin(angles[asked]), values[asked]


def copies():
    """Five letters of eight, twice"""
    draw = random.Random(18)
    for _ in range(500):
        word = [draw.randrange(8) for _ in range(5)]
        yield *word, *word


def numbers():
    """Normal numbers about 3 of deviation one half"""
    draw = random.Random(19)
    return ((draw.gauss(3, 0.5),) for _ in range(512))


def bars():
    """All rows or all columns of 4 × 4 bits, each on or off"""
    for bits in range(16):
        row = [float(bits >> i & 1) for i in range(4)]
        yield tuple(row[p // 4] for p in range(16))
        yield tuple(row[p % 4] for p in range(16))


def moons():
    """Two half circles in each other"""
    draw = random.Random(20)
    for i in range(400):
        a = draw.uniform(0, math.pi)
        x, y = (math.cos(a), math.sin(a)) if i % 2 else (1 - math.cos(a), 0.5 - math.sin(a))
        yield x - 0.5 + draw.gauss(0, 0.08), y - 0.25 + draw.gauss(0, 0.08)


def signs():
    """Numbers near 1 and near −1"""
    draw = random.Random(21)
    return ((draw.choice([-1, 1]) + draw.gauss(0, 0.2),) for _ in range(1024))


def ratings():
    """40 users, 30 films, three tastes; two of five ratings are known"""
    draw = random.Random(22)
    users, films = [[draw.gauss(0, 1) for _ in range(3)] for _ in range(40)], [[draw.gauss(0, 0.6) for _ in range(3)] for _ in range(30)]
    for u, user in enumerate(users):
        for f, film in enumerate(films):
            if draw.random() < 0.5:
                yield u, f, 3 + sum(a * b for a, b in zip(user, film)) + draw.gauss(0, 0.1)


def line_of(begin, end, count):
    """Points at equal distances"""
    return ((begin + (end - begin) * i / (count - 1),) for i in range(count))


def rectangle(count, end):
    """Points in 0 < x < 1, 0 < t < end, spread evenly in both (a sequence of van der Corput)"""
    for i in range(count):
        bits = sum((i >> b & 1) / 2 ** (b + 1) for b in range(16))
        yield bits, end * (i + 0.5) / count


def ends(count, end):
    """Points at x = 0 and x = 1"""
    return ((float(i % 2), end * (i // 2) / (count // 2 - 1)) for i in range(count))


def probes():
    """A temperature exp(−D π² t) sin(π x) with D = 0.2, measured with an error of 0.01"""
    draw = random.Random(23)
    for _ in range(200):
        x, t = draw.uniform(0, 1), draw.uniform(0, 1)
        yield x, t, math.exp(-0.2 * math.pi ** 2 * t) * math.sin(math.pi * x) + draw.gauss(0, 0.01)


def weather():
    """Twenty letters of a chain with two states, each of which stays with probability 0.9"""
    draw = random.Random(29)
    for _ in range(200):
        state, letters = draw.randrange(2), []
        for _ in range(20):
            letters.append(draw.choices(range(3), ((0.7, 0.2, 0.1), (0.1, 0.2, 0.7))[state])[0])
            state = state if draw.random() < 0.9 else 1 - state
        yield letters


def ends_of_swings():
    """Where a damped pendulum (g = 9.81, c = 0.3) is after two seconds"""
    draw = random.Random(28)
    for _ in range(60):
        start = draw.uniform(-1.5, 1.5), draw.uniform(-1, 1)
        x, v = start
        for _ in range(1000):
            v -= 0.002 * (9.81 * math.sin(x) + 0.3 * v)
            x += 0.002 * v
        yield *start, x


def swings():
    """The course of a damped pendulum from sixty starts: y″ = −sin y − 0.2 y′, at 16 times 0.2 apart"""
    draw = random.Random(24)

    def rate(y):
        return y[1], -math.sin(y[0]) - 0.2 * y[1]

    for _ in range(60):
        y, course = (draw.uniform(-1.5, 1.5), draw.uniform(-1.5, 1.5)), []
        for _ in range(16):
            course += y
            for _ in range(20):
                k = rate(y)
                middle = rate((y[0] + 0.005 * k[0], y[1] + 0.005 * k[1]))
                y = y[0] + 0.01 * middle[0], y[1] + 0.01 * middle[1]
        yield course


def pairs():
    """Words 4g … 4g + 3 stand beside words of the group g + 1, one pair in ten beside any"""
    draw = random.Random(25)
    for _ in range(2000):
        word = draw.randrange(20)
        yield word, draw.randrange(20) if draw.random() < 0.1 else 4 * ((word // 4 + 1) % 5) + draw.randrange(4)


def chains():
    """Rings of ten spins and their energies −Σ s[i] s[i+1]"""
    draw = random.Random(26)
    for _ in range(400):
        s = [draw.choice([-1, 1]) for _ in range(10)]
        yield *s, -sum(s[i] * s[(i + 1) % 10] for i in range(10))



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
table('linear.csv', x8 + ['y'], factors(10, 200, [1, -0.5, 0.25, 2, 0, 0.5, -1, 0], 0.2))
table('logistic.csv', ['x[0]', 'x[1]', 'x[2]', 'y'], two_classes())
table('multinomial.csv', ['x[0]', 'x[1]', 'y[0]', 'y[1]', 'y[2]'], ((u, v, *(float(c == k) for k in range(3))) for c, u, v in three_clouds(12, 240, 0.7)))
table('pca.csv', [f'x[{i}]' for i in range(5)], sheet())
table('autoencoder.csv', [f'x[{i}]' for i in range(3)], arc())
table('batch_norm.csv', ['x[0]', 'x[1]', 'x[2]', 'y'], scales())
table('marked.csv', [f'x[{t},{i}]' for t in range(8) for i in range(2)] + ['y'], marked())
table('attention.csv', [f'K[{t},{i}]' for t in range(5) for i in range(2)] + [f'v[{t}]' for t in range(5)] + ['q[0]', 'q[1]', 'y'], book())
table('transformer.csv', [f'tok[{t}]' for t in range(10)], copies())
table('gan.csv', ['x'], numbers())
table('rbm.csv', [f'x[{i}]' for i in range(16)], bars())
table('flow.csv', ['x[0]', 'x[1]'], moons())
table('diffusion.csv', ['x'], signs())
table('factorisation.csv', ['user', 'film', 'y'], ratings())
table('mixture.csv', ['x[0]', 'x[1]'], ((u, v) for c, u, v in three_clouds(27, 300, 0.5)))
table('oscillator.csv', ['t'], line_of(0, 3, 61))
table('poisson.csv', ['x'], line_of(0, 1, 41))
table('rectangle.csv', ['x', 't'], rectangle(256, 0.25))
table('heat_edge.csv', ['xe', 'te'], ends(40, 0.25))
table('start.csv', ['xs'], line_of(0, 1, 33))
table('wave.csv', ['x', 't'], rectangle(256, 1))
table('wave_edge.csv', ['xe', 'te'], ends(60, 1))
table('probe.csv', ['xp', 'tp', 'up'], probes())
table('rayleigh.csv', ['x'], line_of(-6, 6, 121))
table('neural_ode.csv', [f'Y[{t},{i}]' for t in range(16) for i in range(2)], swings())
table('pendulum.csv', ['start[0]', 'start[1]', 'angle'], ends_of_swings())
table('hidden_markov.csv', [f'y[{t}]' for t in range(20)], weather())
table('words.csv', ['word', 'near'], pairs())
table('ising.csv', [f's[{i}]' for i in range(10)] + ['y'], chains())
