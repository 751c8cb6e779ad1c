/* Inside gen/model: the state of reading one page. */
#ifndef GEN_MODEL_PAGE_H
#define GEN_MODEL_PAGE_H
#include "gen/dag/ops.h"
#include "gen/model/model.h"

/* Values of the indices of enclosing `for` blocks. */
typedef struct family_env {
    sym name;
    long value;  /* of a range */
    sym word;    /* of a set of words, else 0 */
    const struct family_env *outer;
} family_env;

/* One statement, unrolled: the tree and the values of the loop names around it. */
typedef struct {
    const syn *tree;
    const family_env *env;
    int population;
    bool defines; /* an EQUATION whose first step is a definition */
    bool used;    /* from a file that the page uses */
} item;

typedef struct used_file {
    char *path;
    bool open; /* being read */
    struct used_file *outer;
} used_file;

/* A name of an index in scope. Its range is inferred from where it is used, at its first use. */
typedef struct index_frame {
    sym name;
    int index; /* id once known, else -1 */
    bool busy;  /* being inferred */
    bool fresh; /* of a binder: an id of its own, so that nothing from outside is captured */
    const syn *range; /* of a binder: as written, or NULL */
    const syn *scope[4];
    int scope_count;
    node natural_hi;             /* the axis it runs over alone; 0 if none (recurrences' own accesses do not count) */
    bool narrowed;               /* it ends before that axis does, because of other subscripts */
    struct index_frame *outer;
} index_frame;

/* Inside a branch of `if`: its condition says slack >= 0. */
typedef struct guard_frame {
    node slack; /* affine */
    struct guard_frame *outer;
} guard_frame;

/* A function's parameter inside its body. */
typedef struct local_frame {
    sym name;
    model_value value;
    struct local_frame *outer;
} local_frame;

typedef enum { DEFINE_UNSEEN, DEFINE_ACTIVE, DEFINE_DONE, DEFINE_FAILED } define_state;

/* A name that the page defines by equations. */
typedef struct {
    sym key;
    item **piece; /* EQUATION items whose first step defines (part of) it */
    int piece_count;
    define_state state;
    int var;
    int *uses; /* numbers of definitions it needs */
    int use_count;
    bool shape_known; /* inside a recurrence: a first look has found its axes */
    bool borrows;     /* an index of one of its equations has its range from the same axis of another */
    int low, number;  /* of the search for cycles */
    bool on_stack;
    bool used;
} definition;

typedef struct {
    model *m;
    item *items;
    int item_count;
    used_file *used;
    const char **broken; /* names as written whose declaration failed or that were reported as unknown: no further complaints about them */
    int broken_count;
    int define_count;
    syn *const *define;
    definition *defs;
    int def_count;
    int *def_by_key, def_by_key_room; /* key -> 1 + number */
    const family_env *env;
    index_frame *indices;
    local_frame *locals;
    guard_frame *guards;
    bool guard_off;    /* accesses are not checked here */
    int active;        /* definition whose equations are being read, or -1 */
    int quiet;         /* > 0: errors are not reported (trial readings) */
    bool trial;        /* looking for shapes inside a recurrence: terms of unknown shape are passed over */
    bool has_noise;    /* then E(u) is an expectation */
    bool failed;       /* an error since the last reset, also when quiet */
    bool in_update, in_metric, in_power_sum, in_claim;
    int hold;
    const syn *override_node; /* this tree node has the value override_value: the core of a wrapped call */
    model_value override_value;
    int call_depth, call_count; /* calls in this statement */
    bool *var_used;
    int var_used_room;
} builder;

/* Room for one more item in a list that grows by doubling: its size is the next power of two. */
void *page_grow(builder *b, void *list, int count, size_t bytes);

/* --- errors (counted, but silent in trial readings) --- */
diagnostic *page_error(builder *b, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
diagnostic *page_warning(builder *b, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
const char *page_spelling(const builder *b, sym key);
/* The text of a tree as written. */
char *page_source(const builder *b, span at);
/* "W : [h, n]", "scalar", "row of [n]" */
char *page_shape(const builder *b, const model_value *v);
char *page_size_text(const builder *b, node size);

/* --- names --- */
/* Enters number + 1 at key in a table that grows. */
void page_enter(builder *b, int **table, int *room, sym key, int number);
sym page_name(builder *b, const syn *tree);   /* NAME or FAMILY with its subscript evaluated; 0 after an error */
bool page_constant(builder *b, const syn *tree, long *value); /* an integer known now (families, ranges) */
int page_function(const builder *b, sym key); /* the model's function, -1 */
/* The population of `mean_edge`, `sum_edge`, `max_edge` (word 0, 1, 2); -1 for other names. */
int page_over_population(const builder *b, const char *text, int *word);
/* Notice when a name of the language gets a new meaning. */
void page_notice_anew(builder *b, sym key, span at);
bool page_is_function(builder *b, sym key);
definition *page_definition(const builder *b, sym key);
void page_unknown_name(builder *b, const syn *tree, sym key);
void page_note_broken(builder *b, const char *name);
bool page_is_broken(const builder *b, const syn *name);

/* --- expressions: false after an error --- */
bool page_value(builder *b, const syn *tree, model_value *out);
bool page_scalar(builder *b, const syn *tree, node *out);
bool page_product(builder *b, const syn *tree, model_value *out);
bool page_multiply(builder *b, span at, const model_value *x, char operator, const model_value *y, model_value *out);
bool page_elementwise(builder *b, span at, const char *what, const model_value *x, const model_value *y, node *left, node *right, model_value *shape);
bool page_call(builder *b, const syn *name, int primes, const syn *paren, model_value *out);
bool page_call_value(builder *b, span at, sym name, int primes, int count, const model_value *arguments, model_value *out);
typedef struct {
    const char *name;
    int arity;
    bool (*call)(builder *b, span at, int count, const model_value *x, model_value *out);
    bool power_inside; /* W² inside is elementwise */
} page_array_function;
const page_array_function *page_find_array_function(const char *name); /* NULL: none of them */
/* mean_edge(u), sum_edge(u), max_edge(u) over the samples of one population; `word` says which of them. */
bool page_call_population(builder *b, span at, int population, int word, const model_value *x, model_value *out);
bool page_reduce(builder *b, const syn *tree, model_value *out);
bool page_derivative(builder *b, const syn *tree, const model_value *operand, model_value *out);
bool page_hold(builder *b, const syn *tree, model_value *out);
bool page_entry_value(builder *b, span at, int var, model_value *out);
bool page_index(builder *b, const syn *tree, model_value *out);
bool page_number(builder *b, const char *text, node *out);
model_value page_of_node(node n);
node page_reduce_all(builder *b, reduction r, const model_value *v);
/* Makes the axes' placeholders the canonical ones (axis k: "·k"), starting at ordinal `first`. */
void page_canonical(builder *b, model_value *v, int first);
int page_placeholder(builder *b, int ordinal, node size);
node page_mean_over_samples(builder *b, node n); /* smart, term by term */
bool page_sample_free(const builder *b, node n);
int page_data_mean(builder *b, span at, node per_sample); /* in a metric: the mean over the data; −1 after an error */

/* --- indices --- */
/* Pushes a frame for each name in brackets of `tree` that is no declared name and no index in scope. */
index_frame *page_free_indices(builder *b, const syn *const *scope, int count);
bool page_index_range(builder *b, index_frame *f, span at);
bool page_range_ends(builder *b, const syn *range, node *lo, node *hi);
/* A frame for the dummy of a sum over `body`. */
void page_push_binder(builder *b, const syn *binder, const syn *body);
bool page_binds(const syn *tree, sym name);
/* An error where `at`, the index on axis k of base, can lie outside. */
void page_check_inside(builder *b, const syn *base, int k, node at, const syn *arg);
/* x <= y for all sizes, else for the sizes that the page gives. */
truth page_le(builder *b, node x, node y);
node page_with_sizes(builder *b, node n);

/* --- statements --- */
void page_items(builder *b, const syn *list, const family_env *env);
void page_declarations(builder *b);
bool page_init(builder *b, const syn *decl, model_var *v);
void page_definitions(builder *b);
void page_statements(builder *b); /* claims, updates, metrics, … in page order */
void page_size_facts(builder *b);
void page_optimizers(builder *b);
void page_update(builder *b, const item *it, int group, bool generated);
bool page_axes(builder *b, const syn *axes, model_var *v);
bool page_size_expression(builder *b, const syn *tree, node *out);

#endif
