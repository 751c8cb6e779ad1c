"""How much slower this machine is, now, than the one on which limits in seconds were set; never below 1. Limits are multiplied by it: a slow machine must not
fail a test, a program that became several times slower must.

As a program: pace.py SECONDS prints the limit."""
import sys
import time

REFERENCE = 0.035  # seconds of the processor for work() on a Xeon of 2.8 GHz


def work():
    table, x = {}, 1
    for i in range(60000):
        x = (1103515245 * x + 12345) & 0x7FFFFFFF
        table[x & 4095] = str(x)[:4] + str(i & 15)
    return len(table)


def pace():
    times = []
    for _ in range(3):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return max(1, sorted(times)[1] / REFERENCE)


if __name__ == '__main__':
    print('%.3f' % (float(sys.argv[1]) * pace()))
