"""Times one of the works of bench/run on PyTorch: python3 torch_driver.py LETTER BATCH SAMPLES PASSES SECONDS [compiled]; without `compiled`, eager."""
import os
import statistics
import sys
import time

import torch

letter, batch, samples, passes, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
torch.set_num_threads(1)
torch.manual_seed(0)


def dense(*width):
    layers = []
    for i in range(len(width) - 1):
        layers += [torch.nn.Linear(width[i], width[i + 1])] + ([torch.nn.ReLU()] if i + 2 < len(width) else [])
    model = torch.nn.Sequential(*layers)
    return model, torch.rand(samples, width[0]), torch.randint(width[-1], (samples,)), torch.nn.CrossEntropyLoss()


def tiny(*width):
    layers = []
    for i in range(len(width) - 1):
        layers += [torch.nn.Linear(width[i], width[i + 1]), torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers).double()
    return model, torch.rand(samples, width[0]).double(), torch.rand(samples, 1).double(), lambda a, y: 0.5 * ((a - y) ** 2).mean()


def supervised(model, x, y, cost, rate):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)

    def update(xs, ys):
        optimizer.zero_grad(set_to_none=True)
        loss = cost(model(xs), ys)
        loss.backward()
        optimizer.step()

    # Online, torch needs 70 µs for an update: fewer of them tell as much.
    scale = 100 if batch == 1 else 1

    def run(step):
        for _ in range(max(1, passes // scale)):
            for s in range(0, samples, batch):
                step(x[s : s + batch], y[s : s + batch])

    return update, run, scale


def pinn():
    model = torch.nn.Sequential(torch.nn.Linear(1, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    t, zero = torch.rand(64, 1).double().requires_grad_(), torch.zeros(1, 1).double()

    def update(*_):
        optimizer.zero_grad(set_to_none=True)
        u = model(t)
        (du,) = torch.autograd.grad(u.sum(), t, create_graph=True)
        loss = ((du + u) ** 2).mean() + ((model(zero) - 1) ** 2).sum()
        loss.backward()
        optimizer.step()

    def run(step):
        for _ in range(passes):
            step()

    return update, run, 1


def conv():
    layers = [torch.nn.Conv2d(1, 8, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(8, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(256, 10)]
    return torch.nn.Sequential(*layers), torch.rand(samples, 1, 28, 28), torch.randint(10, (samples,)), torch.nn.CrossEntropyLoss()


class Lstm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = torch.nn.LSTM(128, 128, batch_first=True)

    def forward(self, x):
        return self.cell(x)[0][:, -1]


def lstm():
    return Lstm(), torch.rand(samples, 64, 128), torch.rand(samples, 128), lambda h, y: ((h - y) ** 2).sum(1).mean()


WORK = {
    "A": lambda: supervised(*tiny(1, 1, 1), 0.1),
    "B": lambda: supervised(*tiny(2, 3, 1), 0.5),
    "C": lambda: supervised(*dense(784, 128, 10), 0.1),
    "D": lambda: supervised(*dense(784, 1024, 1024, 10), 0.1),
    "E": lambda: supervised(*conv(), 0.1),
    "F": lambda: supervised(*lstm(), 0.01),
    "G": pinn,
}


def measure(step, run):
    run(step)
    times, total = [], 0.0
    while len(times) < 3 or total < seconds:
        start = time.thread_time()
        run(step)
        times.append(time.thread_time() - start)
        total += times[-1]
    return statistics.median(times)


def turns(step, clock, scale):
    """Each line on standard input is a turn: passes for at least a tenth of the seconds; prints the mean of one (bench/floor/bench.h)."""
    print("ready", flush=True)
    for _ in sys.stdin:
        count, start = 0, clock()
        while not count or clock() - start < seconds / 10:
            step()
            count += 1
        print((clock() - start) / count * scale, flush=True)


update, run, scale = WORK[letter]()
step = torch.compile(update) if sys.argv[6:] == ["compiled"] else update
if "BENCH_TURNS" in os.environ:
    run(step)
    turns(lambda: run(step), time.thread_time, scale)
else:
    print(measure(step, run) * scale)
