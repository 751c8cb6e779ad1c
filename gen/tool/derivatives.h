/* Derivatives as values: a page whose outputs are the derivatives asked for, among them products of derivatives with vectors, none of which is ever a matrix. */
#ifndef GEN_TOOL_DERIVATIVES_H
#define GEN_TOOL_DERIVATIVES_H
#include "gen/tool/page.h"

/* Opens in *q the page p with other outputs: expression[i] (any value or derivative of the page), or one of
 *   ∂²A/∂B²·v   A a scalar, its mean over the batch: the second derivative applied to v, which has B's shape
 *   v·∂A/∂B     v has A's shape, a row for each sample where A has: the derivative of Σ v A by B, summed over the batch where B is of no sample
 *   ∂A/∂B·v     v has B's shape: how A moves when B moves along v
 * Here `·` sums over all axes. A v that the page does not know becomes data (`input` where its shape has samples, else `given`). Outputs are called by their ASCII
 * form. Returns 0 or a status, messages printed; page_close(q) is needed in either case. */
int derivatives_open(page *p, const char *path, const page_options *o, int count, const char **expression, page *q);

#endif
