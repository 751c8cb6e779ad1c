"""Times one of the works of bench/run on JAX (jit, CPU): python3 jax_driver.py LETTER BATCH SAMPLES PASSES SECONDS."""
import os
import statistics
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp

letter, batch, samples, passes, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
double = letter in "ABG"
jax.config.update("jax_enable_x64", double)
real = jnp.float64 if double else jnp.float32
WIDTH = {"A": (1, 1, 1), "B": (2, 3, 1), "C": (784, 128, 10), "D": (784, 1024, 1024, 10), "G": (1, 32, 32, 1)}[letter]
RATE = {"A": 0.1, "B": 0.5, "C": 0.1, "D": 0.1, "G": 1e-3}[letter]
key = jax.random.PRNGKey(0)
weights = [(jax.random.normal(jax.random.fold_in(key, i), (a, b), real) / a**0.5, jnp.zeros(b, real)) for i, (a, b) in enumerate(zip(WIDTH, WIDTH[1:]))]
x = jax.random.uniform(key, (samples, WIDTH[0]), real)
y = jax.random.uniform(key, (samples, 1), real) if double else jax.nn.one_hot(jax.random.randint(key, (samples,), 0, 10), 10)


def layers(w, a, between, last):
    for i, (m, b) in enumerate(w):
        a = a @ m + b
        a = between(a) if i + 1 < len(w) else last(a)
    return a


def cost(w, xs, ys):
    if letter == "G":
        u = lambda t: layers(w, t.reshape(1), jnp.tanh, lambda a: a)[0]
        value, slope = jax.vmap(jax.value_and_grad(u))(xs[:, 0])
        return jnp.mean((value + slope) ** 2) + (u(jnp.zeros((), real)) - 1) ** 2
    if double:
        return 0.5 * jnp.mean((layers(w, xs, jax.nn.sigmoid, jax.nn.sigmoid) - ys) ** 2)
    return -jnp.mean(jnp.sum(ys * jax.nn.log_softmax(layers(w, xs, jax.nn.relu, lambda a: a)), axis=1))


@jax.jit
def step(state, xs, ys):
    w, m, v, k = state
    g = jax.grad(cost)(w, xs, ys)
    if letter != "G":
        return jax.tree_util.tree_map(lambda p, d: p - RATE * d, w, g), m, v, k
    k = k + 1
    m = jax.tree_util.tree_map(lambda a, d: 0.9 * a + 0.1 * d, m, g)
    v = jax.tree_util.tree_map(lambda a, d: 0.999 * a + 0.001 * d * d, v, g)
    w = jax.tree_util.tree_map(lambda p, a, b: p - RATE * (a / (1 - 0.9**k)) / (jnp.sqrt(b / (1 - 0.999**k)) + 1e-8), w, m, v)
    return w, m, v, k


zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
state = (weights, zeros, zeros, jnp.zeros((), real))
scale = 100 if batch == 1 else 1


def run():
    global state
    for _ in range(max(1, passes // scale)):
        for s in range(0, samples, batch):
            state = step(state, x[s : s + batch], y[s : s + batch])
    jax.block_until_ready(state)


def turns(step, clock, scale):
    """Each line on standard input is a turn: passes for at least a tenth of the seconds; prints the mean of one (bench/floor/bench.h)."""
    print("ready", flush=True)
    for _ in sys.stdin:
        count, start = 0, clock()
        while not count or clock() - start < seconds / 10:
            step()
            count += 1
        print((clock() - start) / count * scale, flush=True)


run()
if "BENCH_TURNS" in os.environ:
    turns(run, time.process_time, scale)
    sys.exit()
times, total = [], 0.0
while len(times) < 3 or total < seconds:
    start = time.process_time()
    run()
    times.append(time.process_time() - start)
    total += times[-1]
print(statistics.median(times) * scale)
