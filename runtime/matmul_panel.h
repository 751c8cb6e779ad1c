/* delta_matmul for one type; matmul.c includes this twice, with REAL and NAME(x) defined and NAME(call) computing a product in one thread.
 *
 * A large product is cut into panels of the result, along its rows or its columns, whichever are more. Where it is cut depends on the shape only and every panel is
 * one call, so the bits do not depend on how many threads there are, which take whole panels. */

typedef struct {
    int how;
    ptrdiff_t rows, columns, inner;
    REAL factor;
    const REAL *a, *b;
    REAL *c;
    ptrdiff_t a_step, b_step, c_step;
} NAME(product);

/* Rows or columns begin .. begin + count − 1 of it. */
static void NAME(panel)(const NAME(product) * p, int by_rows, ptrdiff_t begin, ptrdiff_t count)
{
    const REAL *a = p->a, *b = p->b;
    if (by_rows)
        a += begin * (p->how & DELTA_A_TRANSPOSED ? 1 : p->a_step);
    else
        b += begin * (p->how & DELTA_B_TRANSPOSED ? p->b_step : 1);
    NAME(call)
    (p->how, by_rows ? count : p->rows, by_rows ? p->columns : count, p->inner, p->factor, a, p->a_step, b, p->b_step, p->c + begin * (by_rows ? p->c_step : 1),
     p->c_step);
}

static void NAME(panels)(const NAME(product) * p)
{
    const int by_rows = p->rows >= p->columns;
    const ptrdiff_t length = by_rows ? p->rows : p->columns, width = panel_width(p->rows, p->columns, p->inner), count = (length + width - 1) / width;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (count > 1)
#endif
    for (ptrdiff_t i = 0; i < count; i++)
        NAME(panel)(p, by_rows, i * width, (i + 1) * width < length ? width : length - i * width);
}

void NAME(delta_matmul)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                        ptrdiff_t b_step, REAL *c, ptrdiff_t c_step)
{
    if (panel_width(rows, columns, inner) >= (rows > columns ? rows : columns))
        NAME(call)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else
        NAME(panels)(&(NAME(product)){how, rows, columns, inner, factor, a, b, c, a_step, b_step, c_step});
}
