/* Inside the runtime and its tests. */
#ifndef DELTA_CONTRACT_H
#define DELTA_CONTRACT_H
#include "delta.h"

/* What delta_contract computes, as loops: its test. */
void delta_contract_portable(int how, double factor, const double *a, const double *b, double *c, int rows, const delta_span *row, int columns,
                             const delta_span *column, int inners, const delta_span *inner);
void delta_contract_portable_float(int how, float factor, const float *a, const float *b, float *c, int rows, const delta_span *row, int columns,
                                   const delta_span *column, int inners, const delta_span *inner);

#endif
