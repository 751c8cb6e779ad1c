/* Sums of products over several indices at once: convolutions, and products of matrices whose rows, columns or inner index are made of several axes. */
#include "contract.h"

#include <stdint.h>
#include <string.h>

enum {
    MAX_SPANS = DELTA_MAX_SPANS,
    ROWS = 8,           /* of a tile */
    DEPTH = 256,        /* of the inner index in a packed panel of 64 KB at most */
    ROW_BLOCK = 512,    /* rows that pass by one packed panel */
    FEW_ROWS = 4 * ROWS /* up to so many a panel whose columns lie side by side is not packed */
};

/* One function for each kind of processor, chosen when the program starts. Sanitizers start after that choice, so not with them. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* --- indices made of several --- */

typedef struct {
    int count;
    delta_span span[MAX_SPANS];
    ptrdiff_t total;
} indices;

/* Without indices of one value; two that walk through both arrays as one would are one. */
static indices joined(int count, const delta_span *span)
{
    indices x = {.total = 1};
    for (int i = 0; i < count && i < MAX_SPANS; i++) {
        x.total *= span[i].count;
        if (span[i].count == 1)
            continue;
        delta_span *last = x.count ? &x.span[x.count - 1] : NULL;
        if (last && last->first == span[i].count * span[i].first && last->second == span[i].count * span[i].second)
            *last = (delta_span){last->count * span[i].count, span[i].first, span[i].second};
        else
            x.span[x.count++] = span[i];
    }
    return x;
}

/* A place in the order of their values. */
typedef struct {
    const indices *x;
    ptrdiff_t at[MAX_SPANS + 1], first, second; /* distances from the first entry, in both arrays */
} walk;

static walk walk_from(const indices *x, ptrdiff_t begin)
{
    walk w = {.x = x};
    for (int i = x->count - 1; i >= 0; i--) {
        w.at[i] = begin % x->span[i].count;
        begin /= x->span[i].count;
        w.first += w.at[i] * x->span[i].first, w.second += w.at[i] * x->span[i].second;
    }
    return w;
}

/* The distances of the next `count` values. */
static void walk_on(walk *w, ptrdiff_t count, ptrdiff_t *first, ptrdiff_t *second)
{
    const indices *x = w->x;
    const int deepest = x->count - 1;
    const delta_span one = {1, 0, 0}, last = x->count ? x->span[deepest] : one;
    for (ptrdiff_t done = 0; done < count;) {
        ptrdiff_t left = x->count ? last.count - w->at[deepest] : 1, run = left < count - done ? left : count - done;
        for (ptrdiff_t k = 0; k < run; k++)
            first[done + k] = w->first + k * last.first, second[done + k] = w->second + k * last.second;
        done += run;
        if (!x->count)
            return;
        w->at[deepest] += run, w->first += run * last.first, w->second += run * last.second;
        for (int i = deepest; i > 0 && w->at[i] == x->span[i].count; i--) {
            w->first += x->span[i - 1].first - w->at[i] * x->span[i].first;
            w->second += x->span[i - 1].second - w->at[i] * x->span[i].second;
            w->at[i] = 0, w->at[i - 1]++;
        }
    }
}

static void distances(const indices *x, ptrdiff_t begin, ptrdiff_t count, ptrdiff_t *first, ptrdiff_t *second)
{
    walk w = walk_from(x, begin);
    walk_on(&w, count, first, second);
}

static indices turned(indices x)
{
    for (int i = 0; i < x.count; i++)
        x.span[i] = (delta_span){x.span[i].count, x.span[i].second, x.span[i].first};
    return x;
}

/* In groups of so many (a divisor of `most`, a power of two), counted from the first, neighbours along the index are neighbours in memory. */
static ptrdiff_t run_in(const indices *x, int second, ptrdiff_t most)
{
    ptrdiff_t run = 1;
    for (int i = x->count - 1; i >= 0 && (second ? x->span[i].second : x->span[i].first) == run; i--)
        run *= x->span[i].count;
    while (run % most)
        most /= 2;
    return most >= 4 ? most : 1;
}

/* An index whose single steps are made inside a run: of each run only its beginning. */
static indices by_runs(indices x, ptrdiff_t run)
{
    if (run > 1) {
        delta_span *last = &x.span[x.count - 1];
        *last = (delta_span){last->count / run, last->first * run, last->second * run};
        x.total /= run;
    }
    return x;
}

/* About how many cycles it takes with the columns in vectors of so many entries. Measured on a processor with vectors of 64 bytes: two products of vectors a
 * cycle, copies of runs of neighbours about 0.2 cycles an entry, of single entries 1.3. */
static double cost(const indices *row, const indices *column, const indices *inner, int lanes)
{
    double wide = (double)((column->total + lanes - 1) / lanes), tall = (double)((row->total + ROWS - 1) / ROWS * ROWS), depth = (double)inner->total;
    double blocks = (double)((row->total + ROW_BLOCK - 1) / ROW_BLOCK), parts = (double)((inner->total + DEPTH - 1) / DEPTH);
    double pack = (double)column->total * depth * blocks * (run_in(column, 0, 8) == 8 ? 0.2 : 1.3);
    double store = (double)column->total * (double)row->total * parts * (run_in(column, 1, 8) == 8 ? 0.4 : 1.3);
    return wide * tall * depth * 0.6 + pack + store;
}

#define DOUBLE_NAME(x) x
#define FLOAT_NAME(x)  x##_float

#define REAL double
#define NAME DOUBLE_NAME
#include "contract_kernel.h"
#undef REAL
#undef NAME
#define REAL float
#define NAME FLOAT_NAME
#include "contract_kernel.h"
