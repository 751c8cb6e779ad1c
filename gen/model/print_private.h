/* From the DAG to the presentation tree. Inside gen/model's printer only: print.c, print_build.c, print_product.c, print_matrix.c. */
#ifndef GEN_MODEL_PRINT_PRIVATE_H
#define GEN_MODEL_PRINT_PRIVATE_H
#include "gen/model/print.h"

enum { SHOW_MAX_NAMES = 96, SHOW_MAX_BATCHES = 8 };

/* An index in scope. The leaf is an INDEX node, or the BOUND node of a binder on the path from the root. */
typedef struct {
    node leaf, lo, hi;
    const char *name;
} shown_index;

typedef struct {
    const model *m;
    arena *memory;
    int budget;       /* tree nodes that may still be made; a DAG can be exponentially larger as a tree */
    bool matrix;      /* look for matrix notation of contractions */
    const bool *lead; /* by variable: terms and factors that hold one go first; NULL: as written */
    shown_index index[SHOW_MAX_NAMES];
    int index_count;
    struct {
        node leaf;
        int population;
    } batch[SHOW_MAX_BATCHES]; /* reductions over samples around here, outermost first */
    int batch_count;
} show;

/* --- print_build.c: index form --- */
notation *show_node(show *s, node n);
/* Variable with its index expressions; the last `dropped` of them are left out (they are matrix axes). */
notation *show_entry(show *s, node entry, int dropped);
/* The visible index expressions of an ENTRY begin here: 1 when its sample axis is hidden. */
int show_first_axis(const show *s, node entry);
/* base^exponent with a positive sign of the exponent when `inverse`. */
notation *show_power(show *s, notation *base, node exponent, bool inverse);
const char *show_index_name(show *s, node leaf);
notation *show_elementwise(show *s, node n, notation *const *children);
notation *show_apply_call(show *s, node n, notation *const *arguments);
int show_population(const show *s, node lo, node hi); /* of a range over samples, else −1 */
const char *show_batch_word(const show *s, const char *word, int population);

/* Enters a binder: its BOUND leaf is named after `hint`. Returns the leaf, 0 when the body does not use it. Leave by restoring index_count. */
node show_enter(show *s, node binder);
/* Does leaf (INDEX or BOUND node) occur in n? */
bool show_has(const show *s, node n, node leaf);
/* lo and hi of an index in scope; false when unknown. */
bool show_range(const show *s, node leaf, node *lo, node *hi);
/* Is 0 … size−1 the range of the index `leaf`? */
bool show_is_axis(const show *s, node leaf, node size);

/* --- print_product.c --- */
typedef struct {
    mpq_t coefficient;
    notation **over, **under;
    char *marks; /* of over */
    int over_count, under_count;
} show_factors;
/* The caller clears f->coefficient in the end. */
void show_factors_init(const show *s, show_factors *f, int room);
void show_factors_over(show_factors *f, notation *t, char mark);
/* One factor that is a scalar: number, power with a negative exponent, anything else. */
void show_factors_add(show *s, show_factors *f, node factor);
notation *show_factors_end(show *s, show_factors *f);
notation *show_product(show *s, node n);
node *show_flat(const show *s, node *factors, int *count);
/* The children of a sum or a product in the order in which they are written. */
node *show_operands(const show *s, node n, int *count);
notation *show_number(show *s, const mpq_t value);
/* −t as the term of a sum or alone. */
notation *show_negative(show *s, notation *t);
notation *show_sum_of(show *s, int count, notation **terms);
bool show_is_inverse(const show *s, node n);
/* Position among the children of a MUL of 1/size and of the sum over this size, if they make a mean (over a batch: population >= 0). */
typedef struct {
    int inverse, sum, population;
} show_mean;
bool show_find_mean(const show *s, int count, const node *factors, show_mean *mean);

/* --- print_reduce.c --- */
notation *show_reduce(show *s, node n);
/* Σ_t u[t] v[t]ᵀ: the body of one sum over the axes, the bound index named; NULL when the body has no such form. */
notation *show_indexed_sum(show *s, node n, int rank, const node *axis);
/* mean(u) for (1/n) Σ_i u[i]; NULL when u is no vector. */
notation *show_mean_call(show *s, node sum);
/* mean_batch(u), sum_batch(u) …: the body of a reduction over samples, by `tensor` over the axes; NULL when it has no such form. */
notation *show_batch_body(show *s, node reduce, int population, int rank, const node *axis);
notation *show_batch_call(show *s, node reduce, const char *word, int population, int rank, const node *axis);
/* The same with the reduction's own word; NULL when it has none for batches. */
notation *show_batch_reduce(show *s, node n, int population, int rank, const node *axis);

/* --- print_matrix.c --- */
/* n over the given axes (INDEX or BOUND leaves, in order) as a scalar, vector or matrix without these indices; NULL when there is no such form.
 * *scalar is set when n does not depend on them: the tree is then that of a scalar. */
notation *show_tensor(show *s, node n, int rank, const node *axis, bool *scalar);
/* Σ over the nest of sums at n, as a contraction over the axes; NULL when there is no such form. */
notation *show_contraction(show *s, node n, int rank, const node *axis);

#endif
