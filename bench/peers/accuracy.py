"""Accuracy of C after some epochs on images: python3 accuracy.py torch|jax IMAGES LABELS EPOCHS SEED. IDX files with gzip; the first 80 % train, the rest are
counted. 784-128-10 with relu, He's initial weights, batches of 64 in a new order each epoch, plain gradient descent with rate 0.1, float: as the page."""
import gzip
import sys

import numpy

library, epochs, seed = sys.argv[1], int(sys.argv[4]), int(sys.argv[5])


def read_idx(path):
    with gzip.open(path) as f:
        head = f.read(4)
        shape = [int.from_bytes(f.read(4), "big") for _ in range(head[3])]
        return numpy.frombuffer(f.read(), numpy.uint8).reshape(shape)


x = read_idx(sys.argv[2]).reshape(-1, 784).astype(numpy.float32) / 255
y = read_idx(sys.argv[3]).astype(numpy.int64)
train = len(y) * 4 // 5
chance = numpy.random.default_rng(seed)
orders = [chance.permutation(train) for _ in range(epochs)]
W1 = (chance.standard_normal((784, 128)) * (2 / 784) ** 0.5).astype(numpy.float32)
W2 = (chance.standard_normal((128, 10)) * (2 / 128) ** 0.5).astype(numpy.float32)


def with_torch():
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(W1.T)), net[2].weight.copy_(torch.tensor(W2.T)), net[0].bias.zero_(), net[2].bias.zero_()
    optimizer, cost, images, labels = torch.optim.SGD(net.parameters(), lr=0.1), torch.nn.CrossEntropyLoss(), torch.tensor(x), torch.tensor(y)
    for order in orders:
        for s in range(0, train, 64):
            at = torch.tensor(order[s : s + 64])
            optimizer.zero_grad()
            cost(net(images[at]), labels[at]).backward()
            optimizer.step()
    with torch.no_grad():
        return float((net(images[train:]).argmax(1) == labels[train:]).float().mean())


def with_jax():
    import jax
    import jax.numpy as jnp

    def outputs(w, a):
        return jnp.maximum(a @ w[0] + w[1], 0) @ w[2] + w[3]

    def cost(w, a, t):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(outputs(w, a)), t[:, None], 1))

    step = jax.jit(lambda w, a, t: [p - 0.1 * g for p, g in zip(w, jax.grad(cost)(w, a, t))])
    w = [jnp.asarray(W1), jnp.zeros(128), jnp.asarray(W2), jnp.zeros(10)]
    for order in orders:
        for s in range(0, train, 64):
            at = order[s : s + 64]
            w = step(w, x[at], y[at])
    return float((numpy.asarray(outputs(w, x[train:])).argmax(1) == y[train:]).mean())


print({"torch": with_torch, "jax": with_jax}[library]())
