/* The portable product for one type; matmul.c includes this twice, with REAL, WIDTH (entries of a 64-byte vector) and NAME(x) defined.
 *
 * B is packed in panels of DEPTH × 2·WIDTH, which stay in the first-level cache while all rows of A pass by; A is read in place, four rows at a time, so that
 * eight vectors of sums stay in registers. The order of additions depends on the shape only. */

enum { NAME(PANEL) = 2 * WIDTH };

typedef REAL NAME(vector) __attribute__((vector_size(64), aligned(64)));

typedef struct {
    const REAL *a;
    ptrdiff_t row, step; /* distance of rows of A and of entries in a row */
    const REAL *panel;
    REAL *c;
    ptrdiff_t c_step, width; /* columns wanted of the panel */
    REAL factor;
} NAME(tile);

static void NAME(pack)(REAL *restrict panel, const REAL *restrict b, ptrdiff_t row, ptrdiff_t step, ptrdiff_t depth, ptrdiff_t width)
{
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (ptrdiff_t j = 0; j < width; j++)
            panel[k * NAME(PANEL) + j] = b[k * row + j * step];
        for (ptrdiff_t j = width; j < NAME(PANEL); j++)
            panel[k * NAME(PANEL) + j] = 0;
    }
}

static inline void NAME(store)(const NAME(tile) * t, ptrdiff_t i, const NAME(vector) * sums)
{
    const REAL *sum = (const REAL *)sums;
    REAL *c = t->c + i * t->c_step;
    if (t->width == NAME(PANEL))
        for (ptrdiff_t j = 0; j < NAME(PANEL); j++)
            c[j] += sum[j] * t->factor;
    else
        for (ptrdiff_t j = 0; j < t->width; j++)
            c[j] += sum[j] * t->factor;
}

CLONES static void NAME(four_rows)(const NAME(tile) * t, ptrdiff_t i, ptrdiff_t depth)
{
    const REAL *a0 = t->a + i * t->row, *a1 = a0 + t->row, *a2 = a1 + t->row, *a3 = a2 + t->row;
    const NAME(vector) *b = (const NAME(vector) *)(const void *)t->panel;
    NAME(vector) l0 = {0}, l1 = {0}, l2 = {0}, l3 = {0}, r0 = {0}, r1 = {0}, r2 = {0}, r3 = {0};
    for (ptrdiff_t k = 0; k < depth; k++) {
        NAME(vector) left = b[2 * k], right = b[2 * k + 1];
        REAL x0 = a0[k * t->step], x1 = a1[k * t->step], x2 = a2[k * t->step], x3 = a3[k * t->step];
        l0 += left * x0, r0 += right * x0;
        l1 += left * x1, r1 += right * x1;
        l2 += left * x2, r2 += right * x2;
        l3 += left * x3, r3 += right * x3;
    }
    NAME(store)(t, i, (const NAME(vector)[]){l0, r0});
    NAME(store)(t, i + 1, (const NAME(vector)[]){l1, r1});
    NAME(store)(t, i + 2, (const NAME(vector)[]){l2, r2});
    NAME(store)(t, i + 3, (const NAME(vector)[]){l3, r3});
}

CLONES static void NAME(one_row)(const NAME(tile) * t, ptrdiff_t i, ptrdiff_t depth)
{
    const REAL *a = t->a + i * t->row;
    const NAME(vector) *b = (const NAME(vector) *)(const void *)t->panel;
    NAME(vector) left = {0}, right = {0};
    for (ptrdiff_t k = 0; k < depth; k++) {
        left += b[2 * k] * a[k * t->step];
        right += b[2 * k + 1] * a[k * t->step];
    }
    NAME(store)(t, i, (const NAME(vector)[]){left, right});
}

static void NAME(clear)(REAL *c, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t step)
{
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < columns; j++)
            c[i * step + j] = 0;
}

/* Rows of B added up: the inner loop runs over contiguous entries of B and C. */
CLONES static void NAME(add_rows)(const REAL *restrict a, ptrdiff_t a_next, const REAL *restrict b, ptrdiff_t b_step, REAL *restrict c, ptrdiff_t columns,
                                  ptrdiff_t inner, REAL factor)
{
    for (ptrdiff_t k = 0; k < inner; k++) {
        REAL x = a[k * a_next] * factor;
        for (ptrdiff_t j = 0; j < columns; j++)
            c[j] += x * b[k * b_step + j];
    }
}

/* B transposed: a scalar product per entry, with partial sums in a fixed order. */
CLONES static void NAME(dot_rows)(const REAL *restrict a, ptrdiff_t a_next, const REAL *restrict b, ptrdiff_t b_step, REAL *restrict c, ptrdiff_t columns,
                                  ptrdiff_t inner, REAL factor)
{
    for (ptrdiff_t j = 0; j < columns; j++) {
        const REAL *row = b + j * b_step;
        REAL sum = 0;
        if (a_next == 1) {
            DELTA_SUM(sum)
            for (ptrdiff_t k = 0; k < inner; k++)
                sum += a[k] * row[k];
        } else {
            for (ptrdiff_t k = 0; k < inner; k++)
                sum += a[k * a_next] * row[k];
        }
        c[j] += sum * factor;
    }
}

static void NAME(few_rows)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                           ptrdiff_t b_step, REAL *c, ptrdiff_t c_step)
{
    ptrdiff_t a_row = how & DELTA_A_TRANSPOSED ? 1 : a_step, a_next = how & DELTA_A_TRANSPOSED ? a_step : 1;
    if (!(how & DELTA_ACCUMULATE))
        NAME(clear)(c, rows, columns, c_step);
    for (ptrdiff_t i = 0; i < rows; i++)
        (how & DELTA_B_TRANSPOSED ? NAME(dot_rows) : NAME(add_rows))(a + i * a_row, a_next, b, b_step, c + i * c_step, columns, inner, factor);
}

void NAME(delta_matmul_portable)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                                 ptrdiff_t b_step, REAL *c, ptrdiff_t c_step)
{
    REAL panel[DEPTH * NAME(PANEL)] __attribute__((aligned(64)));
    if (rows < 4) {
        NAME(few_rows)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
        return;
    }
    ptrdiff_t a_row = how & DELTA_A_TRANSPOSED ? 1 : a_step, a_next = how & DELTA_A_TRANSPOSED ? a_step : 1;
    ptrdiff_t b_row = how & DELTA_B_TRANSPOSED ? 1 : b_step, b_next = how & DELTA_B_TRANSPOSED ? b_step : 1;
    if (!(how & DELTA_ACCUMULATE))
        NAME(clear)(c, rows, columns, c_step);
    for (ptrdiff_t k = 0; k < inner; k += DEPTH) {
        ptrdiff_t depth = inner - k < DEPTH ? inner - k : DEPTH;
        for (ptrdiff_t j = 0; j < columns; j += NAME(PANEL)) {
            ptrdiff_t width = columns - j < NAME(PANEL) ? columns - j : NAME(PANEL), i = 0;
            NAME(pack)(panel, b + k * b_row + j * b_next, b_row, b_next, depth, width);
            NAME(tile) t = {a + k * a_next, a_row, a_next, panel, c + j, c_step, width, factor};
            for (; i + 4 <= rows; i += 4)
                NAME(four_rows)(&t, i, depth);
            for (; i < rows; i++)
                NAME(one_row)(&t, i, depth);
        }
    }
}

/* The largest magnitude, as its bits: their order is that of the values, and what is not a number is above infinity. */
CLONES static BITS NAME(largest)(const REAL *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t step)
{
    BITS top = 0;
    if (step == width)
        width *= rows, rows = 1;
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < width; j++) {
            BITS bits;
            memcpy(&bits, &x[i * step + j], sizeof bits);
            bits &= (BITS)-1 >> 1;
            top = bits > top ? bits : top;
        }
    return top;
}

/* The same by several threads, if it is long and lies together. */
static BITS NAME(largest_of_all)(const REAL *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t step)
{
#ifdef _OPENMP
    enum { PIECE = 1 << 15 };
    ptrdiff_t count = step == width ? rows * width : 0;
    if (count >= 2 * PIECE) {
        BITS top = 0;
#pragma omp parallel for schedule(static) reduction(max : top)
        for (ptrdiff_t i = 0; i < count; i += PIECE) {
            BITS found = NAME(largest)(x + i, 1, count - i < PIECE ? count - i : PIECE, PIECE);
            top = found > top ? found : top;
        }
        return top;
    }
#endif
    return NAME(largest)(x, rows, width, step);
}

static double NAME(largest_seen)(delta_seen *seen, const REAL *x, ptrdiff_t rows, ptrdiff_t width, ptrdiff_t step)
{
    for (int i = 0; i < seen->count; i++)
        if (seen->of[i].start == x && seen->of[i].rows == rows && seen->of[i].width == width && seen->of[i].step == step)
            return seen->of[i].largest;
    BITS top = NAME(largest_of_all)(x, rows, width, step);
    REAL value;
    memcpy(&value, &top, sizeof value);
    if (seen->count < DELTA_MOST_SEEN) {
        int i = seen->count++;
        seen->of[i].start = x, seen->of[i].rows = rows, seen->of[i].width = width, seen->of[i].step = step, seen->of[i].largest = (double)value;
    }
    return (double)value;
}

int NAME(delta_matmul_bounded)(delta_seen *seen, int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step,
                               const REAL *b, ptrdiff_t b_step)
{
    double top_a = how & DELTA_A_TRANSPOSED ? NAME(largest_seen)(seen, a, inner, rows, a_step) : NAME(largest_seen)(seen, a, rows, inner, a_step);
    double top_b = how & DELTA_B_TRANSPOSED ? NAME(largest_seen)(seen, b, columns, inner, b_step) : NAME(largest_seen)(seen, b, inner, columns, b_step);
    if (!(top_a < HUGE_VAL) || !(top_b < HUGE_VAL))
        return 0;
    return (double)inner * fmax(1, fabs((double)factor)) * fmax(1, top_a) * fmax(1, top_b) < BOUND;
}
