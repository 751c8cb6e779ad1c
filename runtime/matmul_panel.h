/* delta_matmul for one type; matmul.c includes this twice, with REAL and NAME(x) defined and NAME(call) computing a product in one thread.
 *
 * A large product is cut into panels of the result, along its rows or its columns, whichever are more. Where it is cut depends on the shape only and every panel is
 * one call, so the bits do not depend on how many threads there are, which take whole panels. Panels in pieces (matmul_pieces.h) are the same pieces whoever computes
 * them and in whatever blocks of columns. */

typedef struct {
    int how;
    ptrdiff_t rows, columns, inner;
    REAL factor;
    const REAL *a, *b;
    REAL *c;
    ptrdiff_t a_step, b_step, c_step;
} NAME(product);

static void NAME(panels)(const NAME(product) * p, const panel_cut *cut)
{
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
    for (ptrdiff_t i = 0; i < cut->count; i++) {
        const ptrdiff_t begin = i * cut->width, count = cut->length - begin < cut->width ? cut->length - begin : cut->width;
        const REAL *a = p->a, *b = p->b;
        if (cut->by_rows)
            a += begin * (p->how & DELTA_A_TRANSPOSED ? 1 : p->a_step);
        else
            b += begin * (p->how & DELTA_B_TRANSPOSED ? p->b_step : 1);
        NAME(call)
        (p->how, cut->by_rows ? count : p->rows, cut->by_rows ? p->columns : count, p->inner, p->factor, a, p->a_step, b, p->b_step,
         p->c + begin * (cut->by_rows ? p->c_step : 1), p->c_step);
    }
}

#ifdef IN_PIECES
/* The panels of a product in pieces, by one thread: the pieces are the same, and A is copied once. */
static void NAME(panels_alone)(const NAME(product) * p)
{
    NAME(pieces)(p->how, p->rows, p->columns, p->inner, p->factor, p->a, p->a_step, p->b, p->b_step, p->c, p->c_step, NULL);
}

#ifdef _OPENMP
/* By several threads, which copy A together and take turns with few columns each: the pieces are still the same. */
static void NAME(panels_together)(const NAME(product) * p)
{
    REAL copied[MOST_A / sizeof(REAL)] __attribute__((aligned(64)));
    const ptrdiff_t count = p->columns / TURN_COLUMNS;
#pragma omp parallel
    {
        NAME(copy_part)(copied, omp_get_thread_num(), omp_get_num_threads(), p->how, p->rows, p->inner, p->a, p->a_step);
#pragma omp barrier
#pragma omp for schedule(dynamic)
        for (ptrdiff_t i = 0; i < count; i++) {
            const ptrdiff_t begin = i * TURN_COLUMNS, columns = i + 1 < count ? TURN_COLUMNS : p->columns - begin;
            NAME(pieces)
            (p->how, p->rows, columns, p->inner, p->factor, p->a, p->a_step, p->b + begin * (p->how & DELTA_B_TRANSPOSED ? p->b_step : 1), p->b_step, p->c + begin,
             p->c_step, copied);
        }
    }
}
#endif
#endif

void NAME(delta_matmul)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                        ptrdiff_t b_step, REAL *c, ptrdiff_t c_step)
{
    panel_cut cut = cut_panels(rows, columns, inner, LEAST_WORK);
    const NAME(product) p = {how, rows, columns, inner, factor, a, b, c, a_step, b_step, c_step};
#ifdef IN_PIECES
    const panel_cut fine = cut.count == 1 ? cut_panels(rows, columns, inner, LEAST_IN_PIECES) : cut;
    const int in_pieces = panels_are_pieces(&fine, how, rows, inner, sizeof *c);
    if (in_pieces)
        cut = fine;
    if (in_pieces && threads_at_hand() == 1) {
        NAME(panels_alone)(&p);
        return;
    }
#ifdef _OPENMP
    if (in_pieces && copies_a(how, columns)) {
        NAME(panels_together)(&p);
        return;
    }
#endif
#endif
    if (cut.count == 1)
        NAME(call)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else
        NAME(panels)(&p, &cut);
}
