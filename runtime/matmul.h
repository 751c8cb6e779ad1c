/* Inside the runtime and its tests: the kernels behind delta_matmul. */
#ifndef DELTA_MATMUL_H
#define DELTA_MATMUL_H
#include "delta.h"

/* The same products without CBLAS, blocked for the caches: what delta_matmul is where there is no CBLAS, and the test of the other. */
void delta_matmul_portable(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, double factor, const double *a, ptrdiff_t a_step, const double *b,
                           ptrdiff_t b_step, double *c, ptrdiff_t c_step);
void delta_matmul_portable_float(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, float factor, const float *a, ptrdiff_t a_step, const float *b,
                                 ptrdiff_t b_step, float *c, ptrdiff_t c_step);
/* How many threads large products use from now on; below 1: what the environment says (OMP_NUM_THREADS), else all cores. The bits are the same. */
void delta_threads_set(int count);
/* "Cooperlake" (a kernel of OpenBLAS), "portable": for reports. */
const char *delta_matmul_name(void);

#endif
