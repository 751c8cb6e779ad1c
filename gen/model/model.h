/* The model: what a page means. Names with roles and axes, equations over one DAG, claims, updates; spans for messages.
 *
 * Samples are explicit: everything that depends on data has the sample index as its first axis (z[s, j]), so a batch is one more index. People are not
 * shown that axis. The mean over a batch is (1/B) Σ_s. Sizes stay symbols; size 0 is the number of samples B of the main population. */
#ifndef GEN_MODEL_MODEL_H
#define GEN_MODEL_MODEL_H
#include "gen/dag/dag.h"
#include "grammar/syntax.h"

#define MODEL_MAX_AXES 8

typedef enum {
    ROLE_NONE,
    ROLE_INPUT, ROLE_TARGET, ROLE_GIVEN, ROLE_NOISE, ROLE_PARAM, ROLE_HYPER, ROLE_STATE, ROLE_VARIABLE,
    ROLE_DEFINED, /* has equations from the page */
    ROLE_ADJOINT, /* ∂A/∂B, made by calculus */
    ROLE_AUXILIARY,/* made by the compiler: a nested reduction given its own equation, a function call's local, … */
    ROLE_LOCAL,   /* placeholder: a function's parameter inside its body */
    ROLE_SYSTEM   /* `training`, known(x) */
} var_role;

typedef enum { INIT_DEFAULT, INIT_VALUE, INIT_GLOROT, INIT_HE, INIT_LECUN, INIT_NORMAL, INIT_UNIFORM, INIT_BERNOULLI, INIT_ARRAY } init_kind;

typedef struct {
    init_kind kind;
    node a, b;            /* INIT_VALUE: a (expression over hypers, sizes; its free index i of axis k is index[k]); NORMAL mean, deviation; UNIFORM bounds; BERNOULLI a */
    int index[MODEL_MAX_AXES];
} model_init;

typedef struct {
    sym key;       /* ASCII: C, npz, logs */
    var_role role;
    bool integer;  /* `: int` data */
    bool missing;
    int population; /* of data and noise; 0 main */
    /* Axes in index form. Axis 0 of a sample-dependent name is the sample axis (sample = true). */
    bool sample;
    int axis_count;              /* including the sample axis */
    node axis_size[MODEL_MAX_AXES]; /* SIZE or expression of sizes; entries are 0 .. size-1 */
    node axis_start[MODEL_MAX_AXES];/* lowest index that has an equation: 0, or -1 for a recurrence's start h[-1]; a NUMBER or affine node */
    node axis_stop[MODEL_MAX_AXES]; /* highest such: size-1 or beyond (starts at the upper end) */
    long pad[MODEL_MAX_AXES];    /* declared padding on both sides */
    model_init init;
    span at;       /* where the name was declared or first defined */
    int line;
    /* ADJOINT: */
    node of;       /* A with its free indices = root_index[0..root_count-1] (first axes of the adjoint, where they remain) */
    int by;        /* variable B; of the SYSTEM name behind known(x), which has x's axes: the input x */
    int hold;
    sym text;      /* display name "∂C/∂z2", else 0 */
} model_var;

typedef struct {
    int var;
    int index_count;              /* free indices of the left side (sample index included) */
    int index[MODEL_MAX_AXES];    /* index ids, with their ranges */
    node at[MODEL_MAX_AXES];      /* left side's index expression per axis: INDEX or constant (h[-1]) */
    node rhs;
    span where;
    int line;                     /* of the page; for derived equations the line they come from, or 0 */
    const node *needed;           /* what the right side differentiated or took expectations of, as in model_claim */
    int needed_count;
} model_equation;

/* Sizes of the page, and those that lowering adds: how long a block of a range is, and in a function that is called for one where it begins and its length;
 * whether all arrays have all their entries, 1 or 0; how long a segment of an axis is, how many there are, and inside the loop over them its number, first place and
 * length. */
typedef enum { SIZE_OF_PAGE, SIZE_BLOCK, SIZE_BLOCK_BEGIN, SIZE_BLOCK_COUNT, SIZE_APART, SIZE_SPAN, SIZE_SEGMENTS, SIZE_LOOP } model_size_role;

typedef struct {
    sym key;
    span at;
    long value;  /* 0: from data */
    int population; /* SIZE of samples: which population; else -1 */
    node equals; /* an expression, or 0 */
    model_size_role role;
    node extent;           /* SIZE_SPAN: ⌈√(extent·over/under)⌉; SIZE_SEGMENTS: ⌈extent/(size number `by`)⌉ */
    int by, over, under;
} model_size;

/* det and inv are applied like abstract functions of a matrix, but their derivatives and values are known. */
typedef enum { FUNCTION_OF_PAGE, FUNCTION_DET, FUNCTION_INV } function_kind;

typedef struct {
    sym key;
    function_kind kind;
    const syn *declared;  /* FUNCTION, or the EQUATION of the short form */
    const syn *body;      /* NULL: abstract */
    const syn *result;    /* AXES of the result, or NULL */
    int param_count;
    sym param[16];
    const syn *param_axes[16]; /* AXES or NULL (scalar: the function applies elementwise) */
    const void *env;      /* loop names where it was declared */
    span at;
} model_function;

/* A matrix-shaped value in index form: entry (index[0], index[1], …) of it is `body`. */
typedef struct {
    node body;
    int axis_count;           /* 0: scalar; the sample axis is not an axis here: body just contains the sample index */
    int index[MODEL_MAX_AXES];/* placeholder free index per axis (range 0..size-1) */
    node size[MODEL_MAX_AXES];
    bool row;                 /* one axis, transposed */
    bool integer;
} model_value;

typedef struct {
    span at;
    int line, column, step;  /* step counts the '=' of the chain from 1 */
    char *text;              /* this step as written: "∂C/∂w1 = δ1 x" with the left side of the chain's step */
    node left, right;        /* raw, over the same free indices; DIFF nodes expanded by calculus_expand */
    node written_left, written_right; /* before calculus_expand */
    const node *needed[2];            /* what each side differentiates or takes expectations of, expanded: must be defined where the claim is tried */
    int needed_count[2];
    int index_count, free_count; /* the first free_count stand on the page, the others are axes of the sides */
    int index[MODEL_MAX_AXES];
    char *shape_error;       /* not NULL: sides of different shape, both shapes in words */
    char *unknown;           /* not NULL: the sides have no exact form here, and why; left and right are then 0 */
    sym expect;              /* 0, or "proved" "refuted" "undecided" */
    const syn *left_syntax, *right_syntax;
    const char *narrowed; /* "for t in 0..T−2": not for all of an axis in which an index stands alone; NULL */
} model_claim;

typedef struct {
    node condition;          /* COMPARE (value 1 assumed), or 0 when only `text` is known */
    int index_count, index[MODEL_MAX_AXES];
    bool data;               /* about data only: tested on every row */
    span at;
    char *text;
} model_assumption;

typedef struct {
    int var, group;          /* group counts `then` */
    int index_count, index[MODEL_MAX_AXES];
    node rhs;                /* element form; sample-dependent right sides already averaged; new value of var[index] */
    span at;
    int line;
    bool generated;          /* from optimize */
} model_update;

/* One optimizer of `optimize with A for N steps then B`; its groups of updates follow those of the one before. */
typedef struct {
    const char *name;            /* its settings are NAME.η … */
    long steps;                  /* 0: for the rest of the run */
    bool lbfgs;                  /* no updates: the runtime's */
    int first_group, group_count;
} model_phase;

/* A mean over the data inside a metric: ROLE_SYSTEM scalar `var` stands for the mean of the per-sample `value` (its free index is the sample index). */
typedef struct {
    int var;
    node value;
} model_mean;

typedef struct {
    node value;              /* expression over the `mean` variables, settings and parameters; evaluated once over the whole data */
    sym name;
    span at;
} model_metric;

typedef struct {
    node cost;               /* per-sample or plain scalar */
    span at;
    int count, *over;        /* parameters; count 0: all without an update */
    int mean;                /* after calculus_train: scalar variable J, the batch mean of cost; else -1 */
} model_objective;

typedef struct {
    int *list, count;
} model_id_list;

typedef struct model {
    arena *memory;
    intern *names;
    source_set *sources;
    diag_list *diagnostics;
    dag *dag;
    const syn *file;
    int source;
    bool denominator_layout;

    model_size *size; int size_count;           /* size 0: samples of population 0 */
    sym *population; int population_count;
    int *sample_index;                          /* index id of the samples of each population */
    model_var *var; int var_count;
    model_function *function; int function_count;
    model_equation *equation; int equation_count;
    model_id_list *of_var;                      /* equations of each variable */
    int *by_key, by_key_room;                   /* key -> 1 + variable */
    int *function_by_key, function_by_key_room; /* the same for functions */
    int *order; int order_count;                /* page variables in dependency order (each before those that use it) */
    model_claim *claim; int claim_count;
    model_assumption *assumption; int assumption_count;
    model_update *update; int update_count; int group_count;
    model_metric *metric; int metric_count;
    model_mean *mean; int mean_count;
    model_update *gradient; int gradient_count; /* after calculus_train: ∂J/∂p of objective 0 for every parameter it moves, at p's own indices */
    model_objective *objective; int objective_count;
    int *output; int output_count;
    const syn *optimize;                        /* OPTIMIZE statement or NULL */
    int expectation;                            /* 1 + the SYSTEM name whose NODE_AT marks an expectation, E(u) = AT(u, ·E, 0); 0: no E on the page */
    model_phase *phase; int phase_count;        /* 0: all groups of updates are done in every step */
    int phase_counter;                          /* state variable, the number of steps done */
    int batch_mean;                             /* what model_batch_mean returned last: asked for once per parameter */
    struct calculus *calculus;                  /* sweeps done so far; gen/calculus */
} model;

/* Resolves a syntax tree. `define` are extra bodies for abstract functions (EQUATION trees from --define). Errors go to diagnostics; the model is then
 * partial: good claims are still there. The model lives in `memory` and must be released with model_free (the DAG). */
model *model_build(arena *memory, intern *names, source_set *sources, diag_list *d, const syn *file, int define_count, syn *const *define);
void model_free(model *m);
/* One expression over the page's names, e.g. "∂C/∂W" from a command line; DIFF nodes unexpanded. *index receives the free indices of its axes. 0 after an
 * error. */
node model_expression(model *m, const char *text, int *index_count, int *index);

/* The number of det or inv among the functions; it is added when it is first asked for. A page's own function of this name is another one. */
int model_builtin(model *m, function_kind kind);

/* Is there something to decide? If not, the claim's error has been reported. */
bool model_claim_stands(const model_claim *c);
/* A claim of two trees, such as an edited one, as one the page would make; derivatives not expanded, nothing is added to the page. false if it cannot be
 * read; messages go to the model's diagnostics. */
bool model_claim_edited(model *m, const syn *left, const syn *right, model_claim *out);

int model_find_var(const model *m, sym key);   /* -1 */
int model_find_size(const model *m, sym key);  /* -1 */
int model_add_var(model *m, const model_var *v);
int model_add_equation(model *m, const model_equation *e); /* kept grouped by variable through model_equations_of */
/* Equations of a variable; returns their count and the first's number through *list (ids), lives in the arena. */
int model_equations_of(const model *m, int var, const int **list);
const char *model_var_name(const model *m, int var); /* as spelt on the page, or ∂C/∂z2 */

/* The right side of var[at…] with its indices filled in: picks the equation whose range contains `at` (decided by affine facts); several candidates give a
 * nest of IF; none (input, parameter, out of range) gives 0. `raw` as in dag_substitute. */
node model_unfold(model *m, int var, const node *at, bool raw);

/* The values that the page states for fixed arrays become equations: a claim may use them. Once for a model, and not for one that is run, where they are
 * filled in at the beginning. */
void model_fix_given(model *m);

/* Is one of the page's optimizers lbfgs? */
bool model_has_lbfgs(const model *m);

/* The variable that stands for the batch mean (1/B) Σ_s of a per-sample scalar; made at its first use. */
int model_batch_mean(model *m, node per_sample);

/* Expressions for people: page names, sample index hidden, matrix notation where the expression has a matrix form over `indices`
 * (free indices in axis order; NULL and 0 for a scalar), else index form. print.c */
void model_print(const model *m, buffer *out, node n, int index_count, const int *indices);
/* Always index form. */
void model_print_index(const model *m, buffer *out, node n);
void model_dump(const model *m, buffer *out);
void model_dump_dag(const model *m, buffer *out);

#endif
