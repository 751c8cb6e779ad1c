/* What all parts of the prover share about one model: opened binders, free indices of nodes, facts that the assumptions state about names. */
#ifndef GEN_PROVE_SESSION_H
#define GEN_PROVE_SESSION_H
#include "gen/model/model.h"
#include "gen/prove/flint.h"
#include "gen/prove/table.h"

/* What the assumptions say about the entries of a name, in a form that points can be built from. */
#define SESSION_MOST_VALUES 4
#define SESSION_MOST_HINTS  4

/* Rungs of the ladder that have a budget of their own: bits of a set. */
enum {
    RUNG_POINTS = 1 << 0,
    RUNG_NORMAL = 1 << 1,
    RUNG_FULL = 1 << 2,
    RUNG_INDUCTION = 1 << 3,
    RUNG_EXACT = 1 << 4,
    RUNG_COMPONENTS = 1 << 5,
    RUNG_INSTANCES = 1 << 6,
    RUNG_REPAIR = 1 << 7
};

typedef struct {
    bool has_lo, has_hi, lo_open, hi_open;
    fmpq lo, hi;
    bool zero_one;
    long value[SESSION_MOST_VALUES]; /* the values it has, lowest first, at equal distances; none: value_count is 0. Not for 0 and 1 */
    int value_count;
    int sum_axis; /* Σ over this axis is sum_value; −1: nothing known */
    fmpq sum_value;
    int swap_a, swap_b; /* symmetric in these two axes; swap_a −1: no */
    bool used;          /* something was concluded from it since session_unuse */
} name_fact;

/* What is assumed of the entries that `entry` stands for: x[0], x[i] for i in a part of its axis. */
typedef struct {
    node entry;
    name_fact fact;
} part_fact;

/* An assumption left = right as a rewriting rule: `pattern` is a canonical reduction or application, its indices match anything. */
typedef struct {
    node pattern, value;
    int index_count, index[MODEL_MAX_AXES];
    int assumption; /* where it comes from, −1: nowhere on the page */
    bool used;
} equation_fact;

/* What an induction says of a recurrence: variable[index…] = value for all indices in their ranges, which may depend on indices before them. */
typedef struct {
    int variable, count, index[MODEL_MAX_AXES];
    node value;
    bool partial; /* an entry of which it is not known whether it lies in the range is split into both cases */
} entry_fact;

typedef struct {
    model *m;
    dag *d;
    table thin;   /* node → 1: it vanishes on a thin set only (thin.c) */
    table opened; /* binder → number in body and index */
    node *body;
    int *index, opened_capacity;
    table free_table; /* node → place in free_list: count, ids… */
    int *free_list, free_used, free_capacity;
    name_fact *fact;
    int fact_count; /* of variables known when the session began */
    part_fact *part; /* assumptions about some entries of a name: points are drawn by them, nothing is concluded */
    int part_count;
    int highest_derivative;
    fmpq *constant; /* numbers that stand on the page, and where its conditions change: claims are often wrong just there */
    int constant_count;
    equation_fact *rule;
    int rule_count;
    equation_fact *fold; /* tanh(z[i]) is a[i]: function values that have names */
    int fold_count;
    bool folds_known;
    int *rank;       /* per variable: 0 for leaves, else 1 + the highest rank below; see graph.h */
    bool *recurrent; /* per variable: its equations refer to itself, perhaps through others */
    bool *adjoint;   /* per variable: an adjoint, or computed from one */
    int *component;  /* per variable: number of the set of names that need each other */
    int *step_axis;  /* per variable of a recurrence: the axis along which it runs, −1 if there is not just one */
    int *step;       /* −1: an entry needs those before it, 1: those after it, 0: not known */
    int rank_count;
    const int *function_as; /* per abstract function: the row of ops.def it is read as, −1; NULL: none. For "true for sigmoid" */
    int local; /* with function_as: a scalar name to differentiate by */
    entry_fact *lemma;
    int lemma_count, lemma_capacity;
    bool swept;
    node hint_of[SESSION_MOST_HINTS]; /* entries of free names, and values of them at which the sides of the claim in hand were seen to differ */
    fmpq hint[SESSION_MOST_HINTS];
    int hint_count;
    struct point_cache *points; /* evaluations at the first points, shared by all claims; owned by refute.c */
    int *merged;                /* per variable: the one proved equal to it, or −1; axes in the same order */
    int merged_count;
    bool page_sizes;     /* sizes that the page fixes are numbers: for claims that are false in general */
    struct trace *trace; /* with --why, else NULL */
    unsigned rung;       /* that is being tried, one of the bits above; 0: none of them */
    uint64_t sizes_read; /* which ones a normal form has looked at */
} session;

void session_init(session *s, model *m);
void session_clear(session *s);
/* The body of a binder over one free index, the same each time. */
node session_open(session *s, node binder, int *index);
/* Ids of the free indices of n, INDEX nodes only; the list lives until the next call. */
const int *session_free(session *s, node n, int *count);
/* An index expression Σ coefficient·leaf + constant with its terms collected and in a fixed order; other expressions simplified. */
node session_index(session *s, node n);
/* The number the page gives a size, if page_sizes is set; else 0. */
long session_size(session *s, int size);
bool session_is_fact(const session *s, int variable);
/* Are sizes, indices and integer data all there is in n, added and multiplied? */
bool session_is_discrete(const session *s, node n);
/* Has the name a few values only? */
bool session_has_few(const name_fact *f);
/* Forgets which assumptions were used; the assumptions used since then, in the page's words, into the model's arena; NULL: none. */
void session_unuse(session *s);
const char *session_used(session *s);
/* "normal form, full kernels" */
const char *session_rungs(const session *s, unsigned rungs);
/* A pseudo-random value built from small parts. */
uint64_t session_hash(uint64_t seed, int count, const int64_t *parts);

#endif
