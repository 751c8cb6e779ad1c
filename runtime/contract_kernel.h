/* delta_contract for one type; contract.c includes this twice, with REAL and NAME(x) defined.
 *
 * C's entries are cut into tiles of ROWS × one or two vectors, whose sums stay in registers. The operand with the columns is packed in panels, in the order in
 * which it is used; the other one is read in place, at distances that a table holds: so no copy of a window is ever made for it. Which operand is packed follows
 * from the shape, as does the order of additions. */

enum { NAME(LANES) = 64 / (int)sizeof(REAL), NAME(WIDE) = 2 * NAME(LANES) };

typedef REAL NAME(lanes) __attribute__((vector_size(64), aligned(64)));
typedef REAL NAME(anywhere) __attribute__((vector_size(64), aligned(sizeof(REAL))));

typedef struct {
    int accumulate;
    REAL factor;
    const REAL *a, *b;
    REAL *c;
    indices row, column, inner;
} NAME(contraction);

/* The columns of one panel, in runs that lie side by side in B and in C; where each run begins. */
typedef struct {
    ptrdiff_t width, run, b[NAME(WIDE)], c[NAME(WIDE)];
} NAME(panel);

#define PACK_RUNS(length)                                   \
    for (ptrdiff_t k = 0; k < depth; k++)                   \
        for (ptrdiff_t j = 0; j * (length) < p->width; j++) \
    memcpy(&to[k * step + j * (length)], &b[at[k] + p->b[j]], (length) * sizeof *to)

/* Lanes without a column hold 0: their sums are not wanted. */
CLONES static void NAME(pack_panel)(REAL *restrict to, ptrdiff_t step, const REAL *restrict b, const NAME(panel) * p, const ptrdiff_t *restrict at,
                                    ptrdiff_t depth)
{
    if (p->run == NAME(WIDE))
        PACK_RUNS(NAME(WIDE));
    else if (p->run == NAME(LANES))
        PACK_RUNS(NAME(LANES));
    else if (p->run == 8)
        PACK_RUNS(8);
    else if (p->run == 4)
        PACK_RUNS(4);
    else
        for (ptrdiff_t j = 0; j < p->width; j++)
            for (ptrdiff_t k = 0; k < depth; k++)
                to[k * step + j] = b[at[k] + p->b[j]];
    for (ptrdiff_t k = 0; k < depth; k++)
        for (ptrdiff_t j = p->width; j < step; j++)
            to[k * step + j] = 0;
}

/* Sums of ROWS rows, which begin at a + row[…]; one vector of columns, packed. */
CLONES static void NAME(tile_narrow)(NAME(lanes) *restrict sums, const NAME(lanes) *restrict b, const REAL *a, const ptrdiff_t *row,
                                     const ptrdiff_t *restrict at, ptrdiff_t depth)
{
    const REAL *a0 = a + row[0], *a1 = a + row[1], *a2 = a + row[2], *a3 = a + row[3], *a4 = a + row[4], *a5 = a + row[5], *a6 = a + row[6], *a7 = a + row[7];
    NAME(lanes) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const ptrdiff_t o = at[k];
        const NAME(lanes) v = b[k];
        s0 += v * a0[o], s1 += v * a1[o], s2 += v * a2[o], s3 += v * a3[o];
        s4 += v * a4[o], s5 += v * a5[o], s6 += v * a6[o], s7 += v * a7[o];
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4, sums[5] = s5, sums[6] = s6, sums[7] = s7;
}

/* The same with two vectors of columns. */
CLONES static void NAME(tile_wide)(NAME(lanes) *restrict sums, const NAME(lanes) *restrict b, const REAL *a, const ptrdiff_t *row, const ptrdiff_t *restrict at,
                                   ptrdiff_t depth)
{
    const REAL *a0 = a + row[0], *a1 = a + row[1], *a2 = a + row[2], *a3 = a + row[3], *a4 = a + row[4], *a5 = a + row[5], *a6 = a + row[6], *a7 = a + row[7];
    NAME(lanes) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
    NAME(lanes) t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0}, t4 = {0}, t5 = {0}, t6 = {0}, t7 = {0};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const ptrdiff_t o = at[k];
        const NAME(lanes) v = b[2 * k], w = b[2 * k + 1];
        s0 += v * a0[o], t0 += w * a0[o], s1 += v * a1[o], t1 += w * a1[o];
        s2 += v * a2[o], t2 += w * a2[o], s3 += v * a3[o], t3 += w * a3[o];
        s4 += v * a4[o], t4 += w * a4[o], s5 += v * a5[o], t5 += w * a5[o];
        s6 += v * a6[o], t6 += w * a6[o], s7 += v * a7[o], t7 += w * a7[o];
    }
    sums[0] = s0, sums[2] = s1, sums[4] = s2, sums[6] = s3, sums[8] = s4, sums[10] = s5, sums[12] = s6, sums[14] = s7;
    sums[1] = t0, sums[3] = t1, sums[5] = t2, sums[7] = t3, sums[9] = t4, sums[11] = t5, sums[13] = t6, sums[15] = t7;
}

/* The same where they lie in B, side by side. */
CLONES static void NAME(tile_direct)(NAME(lanes) *restrict sums, const REAL *restrict b, const ptrdiff_t *restrict down, const REAL *a, const ptrdiff_t *row,
                                     const ptrdiff_t *restrict at, ptrdiff_t depth)
{
    const REAL *a0 = a + row[0], *a1 = a + row[1], *a2 = a + row[2], *a3 = a + row[3], *a4 = a + row[4], *a5 = a + row[5], *a6 = a + row[6], *a7 = a + row[7];
    NAME(lanes) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
    NAME(lanes) t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0}, t4 = {0}, t5 = {0}, t6 = {0}, t7 = {0};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const ptrdiff_t o = at[k];
        const NAME(anywhere) *from = (const NAME(anywhere) *)(const void *)(b + down[k]);
        const NAME(lanes) v = from[0], w = from[1];
        s0 += v * a0[o], t0 += w * a0[o], s1 += v * a1[o], t1 += w * a1[o];
        s2 += v * a2[o], t2 += w * a2[o], s3 += v * a3[o], t3 += w * a3[o];
        s4 += v * a4[o], t4 += w * a4[o], s5 += v * a5[o], t5 += w * a5[o];
        s6 += v * a6[o], t6 += w * a6[o], s7 += v * a7[o], t7 += w * a7[o];
    }
    sums[0] = s0, sums[2] = s1, sums[4] = s2, sums[6] = s3, sums[8] = s4, sums[10] = s5, sums[12] = s6, sums[14] = s7;
    sums[1] = t0, sums[3] = t1, sums[5] = t2, sums[7] = t3, sums[9] = t4, sums[11] = t5, sums[13] = t6, sums[15] = t7;
}

#define STORE_RUNS(length)                                    \
    for (ptrdiff_t i = 0; i < rows; i++)                      \
        for (ptrdiff_t j = 0; j * (length) < p->width; j++) { \
            REAL *to = c + row[i] + p->c[j];                  \
            const REAL *sum = sums + i * step + j * (length); \
            if (add)                                          \
                for (int l = 0; l < (length); l++)            \
                    to[l] += factor * sum[l];                 \
            else                                              \
                for (int l = 0; l < (length); l++)            \
                    to[l] = factor * sum[l];                  \
        }

CLONES static void NAME(tile_store)(REAL *restrict c, const ptrdiff_t *restrict row, ptrdiff_t rows, const NAME(panel) *restrict p, const REAL *restrict sums,
                                    ptrdiff_t step, REAL factor, int add)
{
    if (p->run == NAME(WIDE)) {
        STORE_RUNS(NAME(WIDE))
    } else if (p->run == NAME(LANES)) {
        STORE_RUNS(NAME(LANES))
    } else if (p->run == 8) {
        STORE_RUNS(8)
    } else if (p->run == 4) {
        STORE_RUNS(4)
    } else {
        for (ptrdiff_t j = 0; j < p->width; j++)
            for (ptrdiff_t i = 0; i < rows; i++) {
                REAL *to = c + row[i] + p->c[j];
                *to = factor * sums[i * step + j] + (add ? *to : 0);
            }
    }
}

/* Long enough for both arrays, and inside the last of the indices. */
static ptrdiff_t NAME(run_of)(const indices *column)
{
    ptrdiff_t b = run_in(column, 0, NAME(WIDE)), c = run_in(column, 1, NAME(WIDE)), run = b < c ? b : c;
    while (run > 1 && column->span[column->count - 1].count % run)
        run /= 2;
    return run >= 4 ? run : 1;
}

/* Rows begin .. begin + count − 1 (at most ROW_BLOCK) and columns from .. from + width − 1. */
static void NAME(contract_block)(const NAME(contraction) * x, ptrdiff_t begin, ptrdiff_t count, ptrdiff_t from, ptrdiff_t width)
{
    NAME(lanes) packed[2 * DEPTH], sums[2 * ROWS];
    ptrdiff_t row_a[ROW_BLOCK + ROWS], row_c[ROW_BLOCK + ROWS], inner_a[DEPTH], inner_b[DEPTH];
    NAME(panel) p = {.run = NAME(run_of)(&x->column)};
    const int in_place = run_in(&x->column, 0, NAME(WIDE)) == NAME(WIDE) && count <= FEW_ROWS;
    const indices runs = by_runs(x->column, p.run);
    distances(&x->row, begin, count, row_a, row_c);
    for (ptrdiff_t i = count; i < count + ROWS; i++) /* tiles are whole: the last one computes its last row again */
        row_a[i] = row_a[count - 1];
    for (ptrdiff_t k = 0; k < x->inner.total; k += DEPTH) {
        ptrdiff_t depth = x->inner.total - k < DEPTH ? x->inner.total - k : DEPTH;
        walk column = walk_from(&runs, from / p.run);
        distances(&x->inner, k, depth, inner_a, inner_b);
        for (ptrdiff_t j = 0; j < width; j += NAME(WIDE)) {
            p.width = width - j < NAME(WIDE) ? width - j : NAME(WIDE);
            walk_on(&column, p.width / p.run, p.b, p.c);
            int wide = p.width > NAME(LANES);
            ptrdiff_t step = wide ? NAME(WIDE) : NAME(LANES);
            if (!in_place)
                NAME(pack_panel)((REAL *)packed, step, x->b, &p, inner_b, depth);
            for (ptrdiff_t i = 0; i < count; i += ROWS) {
                if (in_place)
                    NAME(tile_direct)(sums, x->b + p.b[0], inner_b, x->a, row_a + i, inner_a, depth);
                else
                    (wide ? NAME(tile_wide) : NAME(tile_narrow))(sums, packed, x->a, row_a + i, inner_a, depth);
                NAME(tile_store)(x->c, row_c + i, count - i < ROWS ? count - i : ROWS, &p, (const REAL *)sums, step, x->factor, x->accumulate || k);
            }
        }
    }
}

void NAME(delta_contract_portable)(int how, REAL factor, const REAL *a, const REAL *b, REAL *c, int rows, const delta_span *row, int columns,
                                   const delta_span *column, int inners, const delta_span *inner)
{
    const indices r = joined(rows, row), s = joined(columns, column), k = joined(inners, inner);
    for (ptrdiff_t i = 0; i < r.total; i++)
        for (ptrdiff_t j = 0; j < s.total; j++) {
            ptrdiff_t a_row, b_column, c_row, c_column, a_inner, b_inner;
            REAL sum = 0;
            distances(&r, i, 1, &a_row, &c_row);
            distances(&s, j, 1, &b_column, &c_column);
            for (ptrdiff_t l = 0; l < k.total; l++) {
                distances(&k, l, 1, &a_inner, &b_inner);
                sum += a[a_row + a_inner] * b[b_column + b_inner];
            }
            REAL *to = c + c_row + c_column;
            *to = factor * sum + (how & DELTA_ACCUMULATE ? *to : 0);
        }
}

/* Cut along rows or columns, whichever are more, into parts of which each thread takes whole ones: how many depends on the shape only. */
static void NAME(contract_parts)(const NAME(contraction) * x)
{
    enum { LEAST_WORK = 1 << 20, PART = 16 * ROWS };
    const int by_rows = x->row.total >= x->column.total;
    const ptrdiff_t length = by_rows ? x->row.total : x->column.total;
    double each = (double)x->inner.total * (double)(by_rows ? x->column.total : x->row.total);
    ptrdiff_t part = each * (double)length < LEAST_WORK ? length : by_rows ? ROW_BLOCK : (length + 7) / 8;
    part = (part + PART - 1) / PART * PART;
    ptrdiff_t count = (length + part - 1) / part;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (count > 1)
#endif
    for (ptrdiff_t n = 0; n < count; n++) {
        ptrdiff_t begin = n * part, size = length - begin < part ? length - begin : part;
        ptrdiff_t rows = by_rows ? size : x->row.total, first = by_rows ? begin : 0;
        for (ptrdiff_t i = 0; i < rows; i += ROW_BLOCK)
            NAME(contract_block)(x, first + i, rows - i < ROW_BLOCK ? rows - i : ROW_BLOCK, by_rows ? 0 : begin, by_rows ? x->column.total : size);
    }
}

/* The step of an index that is one; 0: it is none. */
static int NAME(steps_of)(const indices *x, ptrdiff_t *first, ptrdiff_t *second)
{
    *first = x->count ? x->span[0].first : 1, *second = x->count ? x->span[0].second : 1;
    return x->count <= 1;
}

/* Plain products of matrices are the business of delta_matmul; 0: it is none. */
static int NAME(as_matrices)(const NAME(contraction) * x)
{
    ptrdiff_t a_row, c_row, b_column, c_column, a_inner, b_inner;
    if (!NAME(steps_of)(&x->row, &a_row, &c_row) || !NAME(steps_of)(&x->column, &b_column, &c_column) || !NAME(steps_of)(&x->inner, &a_inner, &b_inner) ||
        c_column != 1 || (a_row != 1 && a_inner != 1) || (b_column != 1 && b_inner != 1) || x->row.count == 0 || x->column.count == 0 || x->inner.count == 0)
        return 0;
    int how = (a_inner == 1 ? 0 : DELTA_A_TRANSPOSED) | (b_column == 1 ? 0 : DELTA_B_TRANSPOSED) | (x->accumulate ? DELTA_ACCUMULATE : 0);
    ptrdiff_t a_step = a_inner == 1 ? a_row : a_inner, b_step = b_column == 1 ? b_inner : b_column;
    ptrdiff_t least_a = a_inner == 1 ? x->inner.total : x->row.total, least_b = b_column == 1 ? x->column.total : x->inner.total;
    if (a_step < least_a || b_step < least_b || c_row < x->column.total) /* rows that overlap */
        return 0;
    NAME(delta_matmul)(how, x->row.total, x->column.total, x->inner.total, x->factor, x->a, a_step, x->b, b_step, x->c, c_row);
    return 1;
}

static void NAME(exchange)(NAME(contraction) * x)
{
    *x = (NAME(contraction)){x->accumulate, x->factor, x->b, x->a, x->c, x->column, x->row, turned(x->inner)};
}

void NAME(delta_contract)(int how, REAL factor, const REAL *a, const REAL *b, REAL *c, int rows, const delta_span *row, int columns, const delta_span *column,
                          int inners, const delta_span *inner)
{
    NAME(contraction) x = {how & DELTA_ACCUMULATE, factor, a, b, c, joined(rows, row), joined(columns, column), joined(inners, inner)};
    if (x.row.total <= 0 || x.column.total <= 0)
        return;
    if (x.inner.total <= 0) {
        NAME(delta_contract_portable)(how, factor, a, b, c, rows, row, columns, column, inners, inner);
        return;
    }
    if (NAME(as_matrices)(&x))
        return;
    NAME(exchange)(&x);
    if (NAME(as_matrices)(&x))
        return;
    indices other = turned(x.inner);
    if (cost(&x.column, &x.row, &other, NAME(LANES)) <= cost(&x.row, &x.column, &x.inner, NAME(LANES)))
        NAME(exchange)(&x);
    NAME(contract_parts)(&x);
}
