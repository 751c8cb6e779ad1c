/* One product in one thread on OpenBLAS, for one type; matmul.c includes this twice, with REAL and NAME(x) defined and NAME(blas) calling it once.
 *
 * On processors with AVX-512 OpenBLAS (0.3.21) has kernels for small products, which pack nothing and run close to what the processor can do, where long narrow
 * products reach two thirds of it. So a product that is long in one direction only is computed in small pieces (measured in bench/README.md). They want the rows of B
 * to begin at multiples of 64 bytes and B as it is, not transposed: for pieces of many rows it is copied so. */

static void NAME(copy_rows)(REAL *to, ptrdiff_t to_step, int transposed, ptrdiff_t columns, ptrdiff_t inner, const REAL *b, ptrdiff_t b_step)
{
    for (ptrdiff_t k = 0; k < inner; k++)
        for (ptrdiff_t j = 0; j < columns; j++)
            to[k * to_step + j] = transposed ? b[j * b_step + k] : b[k * b_step + j];
}

/* Rows of A, piece by piece. */
static void NAME(by_rows)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b, ptrdiff_t b_step,
                          REAL *c, ptrdiff_t c_step)
{
    REAL copy[NARROW] __attribute__((aligned(64)));
    const ptrdiff_t piece = piece_length(columns, inner), step = padded(columns);
    NAME(copy_rows)(copy, step, how & DELTA_B_TRANSPOSED, columns, inner, b, b_step);
    for (ptrdiff_t i = 0; i < rows; i += piece)
        NAME(blas)
        (how & ~DELTA_B_TRANSPOSED, rows - i < piece ? rows - i : piece, columns, inner, factor, a + i * a_step, a_step, copy, step, c + i * c_step, c_step);
}

/* What is added up, piece by piece. */
static void NAME(by_inner)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                           ptrdiff_t b_step, REAL *c, ptrdiff_t c_step)
{
    const ptrdiff_t piece = piece_length(rows, columns);
    for (ptrdiff_t k = 0; k < inner; k += piece)
        NAME(blas)
        (k ? how | DELTA_ACCUMULATE : how, rows, columns, inner - k < piece ? inner - k : piece, factor, a + k * a_step, a_step, b + k * b_step, b_step, c, c_step);
}

static void NAME(call)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b, ptrdiff_t b_step,
                       REAL *c, ptrdiff_t c_step)
{
    const int pieces = (double)rows * (double)columns * (double)inner > SMALL && has_small_kernels();
    if (pieces && !(how & DELTA_A_TRANSPOSED) && rows >= LEAST_ROWS && (double)padded(columns) * (double)inner <= NARROW)
        NAME(by_rows)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else if (pieces && (how & DELTA_A_TRANSPOSED) && !(how & DELTA_B_TRANSPOSED) && (double)rows * (double)columns <= NARROW)
        NAME(by_inner)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else
        NAME(blas)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
}
