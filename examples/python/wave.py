"""Trains ../embed/wave.delta from Python: the page as a shared object, called through ctypes, with numpy arrays in and out and no copy of them.

    deltac build --shared ../embed/wave.delta -o libwave.so
    python3 wave.py ./libwave.so

The structures are those of wave.h (deltac emit ../embed/wave.delta -o .)."""
import ctypes
import sys

import numpy as np

real_p = ctypes.POINTER(ctypes.c_double)


class In(ctypes.Structure):
    _fields_ = [('samples', ctypes.c_ssize_t), ('x', real_p), ('y', real_p)]


class Out(ctypes.Structure):
    _fields_ = [('p', real_p)]


class Memory(ctypes.Structure):
    _fields_ = [('params', ctypes.c_void_p), ('state', ctypes.c_void_p), ('inputs', ctypes.POINTER(In)), ('out', ctypes.POINTER(Out)),
                ('work', ctypes.c_void_p), ('grad', ctypes.c_void_p)]


def pointer(array):
    assert array.dtype == np.float64 and array.flags.c_contiguous
    return array.ctypes.data_as(real_p)


class Wave:
    def __init__(self, library, batch, seed=1):
        self.library = ctypes.CDLL(library)
        self.library.delta_memory_new.restype = ctypes.POINTER(Memory)
        self.library.delta_memory_array.restype = ctypes.c_void_p
        self.model = ctypes.byref(ctypes.c_char.in_dll(self.library, 'wave_model'))
        self.memory = self.library.delta_memory_new(self.model, None, (ctypes.c_int64 * 1)(batch), ctypes.c_uint64(seed))
        self.m = self.memory.contents
        self.begin = (ctypes.c_void_p(self.m.params), ctypes.c_void_p(self.m.state), self.m.inputs)

    def feed(self, x, y=None):
        self.m.inputs.contents.samples = len(x)
        self.m.inputs.contents.x = pointer(x)
        if y is not None:
            self.m.inputs.contents.y = pointer(y)

    def step(self):
        code = self.library.wave_step(*self.begin, ctypes.c_void_p(self.m.work))
        if code:
            raise ArithmeticError('step failed with code %d' % code)

    def cost(self):
        cost = ctypes.c_double()
        self.library.wave_gradient(*self.begin, ctypes.c_void_p(self.m.grad), ctypes.byref(cost), ctypes.c_void_p(self.m.work))
        return cost.value

    def predict(self, x):
        self.feed(x)
        p = np.empty(len(x))
        self.m.out.contents.p = pointer(p)
        self.library.wave_forward(*self.begin, self.m.out, ctypes.c_void_p(self.m.work))
        return p

    def array(self, name):
        """A parameter where it is: a view of the model's memory"""
        rank, dims = ctypes.c_int(), (ctypes.c_int64 * 8)()
        memory = self.library.delta_memory_array(self.memory, name.encode(), ctypes.byref(rank), dims)
        return np.ctypeslib.as_array(ctypes.cast(memory, real_p), tuple(dims[:rank.value]))

    def write(self, path):
        return self.library.delta_memory_write(self.memory, path.encode())


def main():
    x = np.linspace(-1, 1, 64)
    y = np.sin(3 * x)
    wave = Wave(sys.argv[1], len(x))
    wave.feed(x, y)
    print('cost before: %.4f' % wave.cost())
    for _ in range(4000):
        wave.step()
    print('cost after: %.1e' % wave.cost())
    print('w is seen where it is: %s' % (wave.array('w').shape,))
    points = np.array([-0.9, -0.4, 0.1, 0.5, 0.8])
    for at, p in zip(points, wave.predict(points)):
        print('p(%4.1f) = %7.4f   sin 3x = %7.4f' % (at, p, np.sin(3 * at)))
    return wave.write('wave.npz')


if __name__ == '__main__':
    sys.exit(main())
