/* One product in one thread on OpenBLAS, for one type; matmul.c includes this twice, with REAL, NAME(x), TILE_COLUMNS and TILE_INNER (of NAME(turn_tile)) defined and
 * NAME(blas) calling it once.
 *
 * On processors with AVX-512 OpenBLAS (0.3.21) has kernels for small products, which pack nothing and run closer to what the processor can do than its large product.
 * So a product is computed in small pieces (measured in bench/README.md). They want rows of B that begin at multiples of 64 bytes, and B as it is, not transposed: a
 * block of B is copied so, and all rows of A pass by, piece by piece. */

/* to[k, j] = b[j, k] */
WIDE static void NAME(copy_turned)(REAL *to, ptrdiff_t to_step, ptrdiff_t columns, ptrdiff_t inner, const REAL *b, ptrdiff_t b_step)
{
    const ptrdiff_t whole_columns = columns / TILE_COLUMNS * TILE_COLUMNS, whole_inner = inner / TILE_INNER * TILE_INNER;
    for (ptrdiff_t j = 0; j < whole_columns; j += TILE_COLUMNS)
        for (ptrdiff_t k = 0; k < whole_inner; k += TILE_INNER)
            NAME(turn_tile)(to + k * to_step + j, to_step, b + j * b_step + k, b_step);
    for (ptrdiff_t j = 0; j < columns; j++)
        for (ptrdiff_t k = j < whole_columns ? whole_inner : 0; k < inner; k++)
            to[k * to_step + j] = b[j * b_step + k];
}

static void NAME(copy_rows)(REAL *to, ptrdiff_t to_step, ptrdiff_t rows, ptrdiff_t width, const REAL *from, ptrdiff_t from_step)
{
    for (ptrdiff_t i = 0; i < rows; i++)
        memcpy(to + i * to_step, from + i * from_step, (size_t)width * sizeof *to);
}

/* Adds a block of A, `rows` × `inner`, times B, which may be taken as it lies unless copies_b. */
static void NAME(block)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                        ptrdiff_t b_step, REAL *c, ptrdiff_t c_step, int copies_b)
{
    REAL copy[BLOCK_BYTES / sizeof(REAL)] __attribute__((aligned(64)));
    const ptrdiff_t most = block_columns(how);
    for (ptrdiff_t j = 0; j < columns; j += most) {
        const ptrdiff_t width = smaller(columns - j, most), step = padded(width), piece = piece_rows(width, inner);
        const int as_it_is = !(how & DELTA_B_TRANSPOSED) && !copies_b && ((uintptr_t)b | (uintptr_t)b_step * sizeof *b) % 64 == 0;
        if (how & DELTA_B_TRANSPOSED)
            NAME(copy_turned)(copy, step, width, inner, b + j * b_step, b_step);
        else if (!as_it_is)
            NAME(copy_rows)(copy, step, inner, width, b + j, b_step);
        for (ptrdiff_t i = 0; i < rows; i += piece)
            NAME(blas)
        (how & ~DELTA_B_TRANSPOSED, smaller(rows - i, piece), width, inner, factor, a + i * (how & DELTA_A_TRANSPOSED ? 1 : a_step), a_step,
         as_it_is ? b : copy, as_it_is ? b_step : step, c + i * c_step + j, c_step);
    }
}

/* `copied`: NULL, or the copy of the whole of A that NAME(copy_part) makes. */
static void NAME(pieces)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b,
                         ptrdiff_t b_step, REAL *c, ptrdiff_t c_step, const REAL *copied)
{
    REAL packed[PACKED_ROWS * BLOCK_BYTES / sizeof(REAL) / TURNED_COLUMNS] __attribute__((aligned(64)));
    const int turned = how & DELTA_A_TRANSPOSED, packs = copied || copies_a(how, columns);
    const ptrdiff_t most_rows = packs ? PACKED_ROWS : rows, most_depth = block_depth(how, sizeof *a);
    for (ptrdiff_t i = 0; i < rows; i += most_rows)
        for (ptrdiff_t k = 0; k < inner; k += most_depth) {
            const ptrdiff_t height = smaller(rows - i, most_rows), depth = smaller(inner - k, most_depth);
            const REAL *of_a = turned ? a + k * a_step + i : a + i * a_step + k, *of_b = how & DELTA_B_TRANSPOSED ? b + k : b + k * b_step;
            if (packs && !copied)
                NAME(copy_rows)(packed, depth, height, depth, of_a, a_step);
            NAME(block)
            (how | (k ? DELTA_ACCUMULATE : 0), height, columns, depth, factor,
             !packs   ? of_a
             : copied ? copied + i * inner + k * height
                      : packed,
             packs ? depth : a_step, of_b, b_step, c + i * c_step, c_step, copied || columns > block_columns(how));
        }
}

#ifdef _OPENMP
/* Part `number` of `count` of a copy of A in the order in which NAME(pieces) takes it. */
static void NAME(copy_part)(REAL *to, int number, int count, int how, ptrdiff_t rows, ptrdiff_t inner, const REAL *a, ptrdiff_t a_step)
{
    const ptrdiff_t most_depth = block_depth(how, sizeof *a);
    for (ptrdiff_t i = 0; i < rows; i += PACKED_ROWS)
        for (ptrdiff_t k = 0; k < inner; k += most_depth) {
            const ptrdiff_t height = smaller(rows - i, PACKED_ROWS), depth = smaller(inner - k, most_depth);
            const ptrdiff_t begin = height * number / count, end = height * (number + 1) / count;
            NAME(copy_rows)(to + i * inner + k * height + begin * depth, depth, end - begin, depth, a + (i + begin) * a_step + k, a_step);
        }
}
#endif

static void NAME(call)(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, REAL factor, const REAL *a, ptrdiff_t a_step, const REAL *b, ptrdiff_t b_step,
                       REAL *c, ptrdiff_t c_step)
{
    if (pays_in_pieces(how, rows, columns, inner, sizeof *c))
        NAME(pieces)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step, NULL);
    else
        NAME(blas)(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
}
