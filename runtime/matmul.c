/* Products of matrices for generated programs. With DELTA_CBLAS they go to OpenBLAS, one thread per call: with several threads it differs in the last bits, and a
 * program has one pool of threads, not two.
 *
 * Measured by bench/crossover.c (ns, float, one thread, OpenBLAS 0.3.21 Cooperlake; loops: sizes known at run time only):
 *     rows × columns × inner    4³   8³  16³  32³   64³    128³    256³   64×128×784  1×128×784
 *     loops                     59  122 1208 4560 23075  132197  898004      382839       5457
 *     blocked (below)           56  127  621 1521 10629   63888  474956      223432          –
 *     OpenBLAS                  33   42  144  688  5262   42169  321377      132317       4777
 * so there is no shape for which a loop of the runtime beats a call of OpenBLAS; loops with sizes known at compile time are the business of generated code. */
#include "matmul.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum {
    DEPTH = 256 /* rows of a packed panel of B: 32 KB */
};

/* One function for each kind of processor, chosen when the program starts. Sanitizers start after that choice, so not with them. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#define DOUBLE_NAME(x) x
#define FLOAT_NAME(x)  x##_float

#define REAL  double
#define BITS  uint64_t
#define BOUND 0x1p960
#define WIDTH 8
#define NAME  DOUBLE_NAME
#include "matmul_kernel.h"
#undef REAL
#undef BITS
#undef BOUND
#undef WIDTH
#undef NAME
#define REAL  float
#define BITS  uint32_t
#define BOUND 0x1p100
#define WIDTH 16
#define NAME  FLOAT_NAME
#include "matmul_kernel.h"
#undef REAL
#undef NAME

/* --- one product in one thread --- */

#ifdef DELTA_CBLAS
#include <cblas.h>

extern void openblas_set_num_threads(int count);
extern char *openblas_get_corename(void);

__attribute__((constructor)) static void one_thread_per_call(void)
{
    openblas_set_num_threads(1);
}

static int fits(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t a_step, ptrdiff_t b_step, ptrdiff_t c_step)
{
    return rows <= INT_MAX && columns <= INT_MAX && inner <= INT_MAX && a_step <= INT_MAX && b_step <= INT_MAX && c_step <= INT_MAX;
}

static CBLAS_TRANSPOSE side(int transposed)
{
    return transposed ? CblasTrans : CblasNoTrans;
}

static void blas(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, double factor, const double *a, ptrdiff_t a_step, const double *b,
                 ptrdiff_t b_step, double *c, ptrdiff_t c_step)
{
    if (!fits(rows, columns, inner, a_step, b_step, c_step))
        delta_matmul_portable(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else
        cblas_dgemm(CblasRowMajor, side(how & DELTA_A_TRANSPOSED), side(how & DELTA_B_TRANSPOSED), (int)rows, (int)columns, (int)inner, factor, a, (int)a_step,
                    b, (int)b_step, how & DELTA_ACCUMULATE ? 1.0 : 0.0, c, (int)c_step);
}

static void blas_float(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, float factor, const float *a, ptrdiff_t a_step, const float *b,
                       ptrdiff_t b_step, float *c, ptrdiff_t c_step)
{
    if (!fits(rows, columns, inner, a_step, b_step, c_step))
        delta_matmul_portable_float(how, rows, columns, inner, factor, a, a_step, b, b_step, c, c_step);
    else
        cblas_sgemm(CblasRowMajor, side(how & DELTA_A_TRANSPOSED), side(how & DELTA_B_TRANSPOSED), (int)rows, (int)columns, (int)inner, factor, a, (int)a_step,
                    b, (int)b_step, how & DELTA_ACCUMULATE ? 1.0F : 0.0F, c, (int)c_step);
}

const char *delta_matmul_name(void)
{
    return openblas_get_corename();
}

#if defined(__GNUC__) && defined(__x86_64__)
#include "matmul_turn.h"

/* SMALL: multiplications of the largest product that OpenBLAS takes for small; if it also has to turn B, only for FEW entries of the result. ROW_STEP: pieces of A have a
 * multiple of so many rows. LINE: entries of 64 bytes, of the smaller type. */
enum { SMALL = 1000000, FEW = 2000, ROW_STEP = 6, LINE = 16 };
/* Blocks of B that are copied have BLOCK_COLUMNS columns, if it is turned TURNED_COLUMNS (so that what lies together in it is long in both cases), and BLOCK_BYTES; where A is
 * transposed LEAST_DEPTH rows. A that meets more than NARROW columns is copied too, PACKED_ROWS at a time: its rows would otherwise often begin in the same few sets of
 * the first-level cache. */
enum { BLOCK_COLUMNS = 128, TURNED_COLUMNS = 64, BLOCK_BYTES = 1 << 16, LEAST_DEPTH = 64, PACKED_ROWS = 256, NARROW = 128 };
/* Where pieces pay (measured in bench/README.md): LEAST_ROWS for which it is worth copying B, bytes of A, which is read once for each block of columns, of B, and of the
 * result where A is transposed, which is written once for each block of rows of B. */
enum { LEAST_ROWS = 16, MOST_A = 1 << 20, MOST_B = 1 << 22, MOST_RESULT = 1 << 19 };
/* Threads that work on one product take so many columns in turn, a multiple of a block. */
enum { TURN_COLUMNS = BLOCK_COLUMNS };

static int has_small_kernels(void)
{
    const char *name = openblas_get_corename();
    return strcmp(name, "SkylakeX") == 0 || strcmp(name, "Cooperlake") == 0 || strcmp(name, "SapphireRapids") == 0;
}

/* `size`: bytes of an entry. */
static int shape_pays(int how, double rows, double columns, double inner, double size)
{
    const int a_turned = how & DELTA_A_TRANSPOSED, b_turned = how & DELTA_B_TRANSPOSED;
    if (rows * columns * inner <= SMALL)
        return !a_turned && b_turned && rows >= LEAST_ROWS && columns >= LEAST_ROWS && rows * columns > FEW;
    if (a_turned)
        return !b_turned && (columns <= NARROW || rows * columns * size < MOST_RESULT);
    return rows >= (b_turned ? 1 : 2) * LEAST_ROWS && (columns <= NARROW || rows * inner * size <= MOST_A) && columns * inner * size <= MOST_B;
}

static int pays_in_pieces(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, size_t size)
{
    return shape_pays(how, (double)rows, (double)columns, (double)inner, (double)size) && has_small_kernels();
}

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b)
{
    return a < b ? a : b;
}

static ptrdiff_t block_columns(int how)
{
    return how & DELTA_B_TRANSPOSED ? TURNED_COLUMNS : BLOCK_COLUMNS;
}

static ptrdiff_t block_depth(int how, size_t size)
{
    return how & DELTA_A_TRANSPOSED ? LEAST_DEPTH : BLOCK_BYTES / (ptrdiff_t)size / block_columns(how);
}

static int copies_a(int how, ptrdiff_t columns)
{
    return !(how & DELTA_A_TRANSPOSED) && columns > NARROW;
}

static ptrdiff_t piece_rows(ptrdiff_t columns, ptrdiff_t inner)
{
    return SMALL / (columns * inner) / ROW_STEP * ROW_STEP;
}

static ptrdiff_t padded(ptrdiff_t columns)
{
    return (columns + LINE - 1) / LINE * LINE;
}

#define REAL         double
#define NAME         DOUBLE_NAME
#define TILE_COLUMNS 8
#define TILE_INNER   2
#include "matmul_pieces.h"
#undef REAL
#undef NAME
#undef TILE_COLUMNS
#undef TILE_INNER
#define REAL         float
#define NAME         FLOAT_NAME
#define TILE_COLUMNS 16
#define TILE_INNER   4
#include "matmul_pieces.h"
#undef REAL
#undef NAME
#define IN_PIECES
#else
#define call       blas
#define call_float blas_float
#endif
#else
#define call       delta_matmul_portable
#define call_float delta_matmul_portable_float

const char *delta_matmul_name(void)
{
    return "portable";
}
#endif

/* --- panels and threads --- */

/* Every panel packs the other operand anew, so panels are wide: of 256 × 1024 × 784, two panels cost 2 to 3 % more than one call, four 8 to 12 %; of 128 × 128 × 2048
 * two cost 12 % (processor time of calls in turn, OpenBLAS 0.3.21 with AVX-512). A product of LEAST_WORK multiplications and more is cut in two panels that are at
 * least NARROWEST, further only into panels of LEAST_WIDTH; a multiple of WIDTH_STEP. Where panels cost one thread nothing, from LEAST_IN_PIECES on. */
enum { LEAST_WORK = 1 << 24, LEAST_IN_PIECES = 1 << 21, LEAST_WIDTH = 512, NARROWEST = 128, MOST_PANELS = 64, WIDTH_STEP = 64 };

/* `length` rows or columns of the result, in `count` panels of `width` of them; the last may have fewer. */
typedef struct {
    int by_rows;
    ptrdiff_t length, width, count;
} panel_cut;

static panel_cut cut_panels(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, double least_work)
{
    panel_cut cut = {.by_rows = rows >= columns, .length = rows >= columns ? rows : columns};
    ptrdiff_t count = cut.length / LEAST_WIDTH;
    if ((double)rows * (double)columns * (double)inner < least_work || cut.length < 2 * NARROWEST)
        count = 1;
    else
        count = count < 2 ? 2 : count > MOST_PANELS ? MOST_PANELS : count;
    cut.width = ((cut.length + count - 1) / count + WIDTH_STEP - 1) / WIDTH_STEP * WIDTH_STEP;
    cut.count = (cut.length + cut.width - 1) / cut.width;
    return cut;
}

void delta_threads_set(int count)
{
#ifdef _OPENMP
    if (count > 0)
        omp_set_num_threads(count);
#else
    (void)count;
#endif
}

#ifdef IN_PIECES
/* All of the panels, cut along the columns, are computed in pieces, which begin where those of the whole product would. */
static int panels_are_pieces(const panel_cut *cut, int how, ptrdiff_t rows, ptrdiff_t inner, size_t size)
{
    const ptrdiff_t last = cut->length - (cut->count - 1) * cut->width;
    return cut->count > 1 && !cut->by_rows && cut->width % block_columns(how) == 0 && last > NARROW && pays_in_pieces(how, rows, last, inner, size) &&
           pays_in_pieces(how, rows, cut->width, inner, size);
}

static int threads_at_hand(void)
{
#ifdef _OPENMP
    return omp_in_parallel() ? 1 : omp_get_max_threads();
#else
    return 1;
#endif
}
#endif

#define REAL double
#define NAME DOUBLE_NAME
#include "matmul_panel.h"
#undef REAL
#undef NAME
#define REAL float
#define NAME FLOAT_NAME
#include "matmul_panel.h"
