/* From equations to loops. One data type: the lower_program, a list of functions whose bodies are trees of statements over the model's DAG.
 *
 * Every stage keeps expressions as DAG nodes: a loop variable is a free index, an array or a local scalar is an ENTRY. Variables 0 .. model->var_count−1 are the
 * model's own; further ones (temporaries, locals, new values of an update, sums of measure) are made here, in the same numbering.
 *
 * The passes, in order (each file says what it needs, keeps and breaks):
 *   stream.c   freestanding: what of a step is a mean or a sum over the batch
 *   pad.c      arrays read outside their axis get a copy with a border of zeros
 *   tidy.c     index expressions in normal form, Kronecker deltas as conditions
 *   onehot.c   what is 0 but at one place is written into its readers
 *   need.c     what each entry point has to compute; equations nobody reads are dropped
 *   checkpoint.c  with a limit of memory: recurrences and their adjoints in segments of their axis
 *   chain.c    nested sums of products in the order that costs least
 *   place.c    sums whose terms know their place in the target are added there
 *   contract.c sums over two groups of factors get equations that are products of matrices (product.c)
 *   turn.c     arrays that lie across a sum get a copy that lies along it; so do weights of products in recurrences
 *   fuse.c     updates that add a product to a parameter do so in place
 *   place.c    (once more) sums under conditions on the entry's index turned round, sums of products over several indices; rows
 *   extract.c  reductions that would be computed again and again get an equation and an array of their own (softmax.c)
 *   order.c    dependency order; equations that need each other become one recurrence with a direction
 *   lay.c      in what order the axes of arrays lie in memory
 *   nest.c     loops: fused where neighbours run over the same range, local scalars, conditions at range ends; hoist.c begins before a
 *              recurrence's loop what does not wait for it, segments.c makes the loop over segments
 *   merge.c    loops of one function over the same range joined
 *   rotate.c   recurrences cut where an iteration ends what the one before began
 *   block.c    functions that run through one long range called block by block; arrays between them as long as a block
 *   drop.c     axes that only one loop walks are 1 long
 *   split.c    loops of recurrences cut where conditions on their index change
 *   flatten.c  loops directly inside each other that walk as one loop would
 *   when.c     conditions of one block that say the same
 *   add.c      what one block adds to an entry in several statements is added at once; then drop.c once more
 *   lend.c     arrays that end as a gradient lie in the caller's array for it
 *   plan.c     arrays of work memory: which, where, how large (in symbols) */
#ifndef GEN_LOWER_LOWER_H
#define GEN_LOWER_LOWER_H
#include "grammar/map.h"
#include "gen/model/model.h"

typedef enum {
    LOWER_NOWHERE, /* nobody needs it */
    LOWER_IN,      /* data and noise */
    LOWER_PARAMS,
    LOWER_STATE, /* states, given arrays, settings */
    LOWER_GRAD,  /* result of gradient(): a struct like params */
    LOWER_OUT,   /* outputs that forward() alone computes: filled where they are wanted */
    LOWER_WORK,
    LOWER_LOCAL /* a scalar inside one function */
} lower_place;

typedef struct {
    lower_place place;
    int model_var;                /* the model's variable this is, or stands for (its new value, its gradient); −1: a temporary */
    const char *stem;             /* what its C name is made from */
    bool integer, per_sample;
    bool mutable_local;           /* LOCAL: assigned more than once */
    int population;
    int axis_count, major;        /* major: the axis that is outermost in memory; the others follow in order (lay.c) */
    node size[MODEL_MAX_AXES];    /* of each axis in memory, an index expression over sizes */
    node start[MODEL_MAX_AXES];   /* index of the first entry */
    int line;
    int equation;                 /* LOWER_WORK: the first equation that fills it, for messages; −1 */
    int window;                   /* of this sweep: its entries are those of the segment at hand; 0: no window */
} lower_var;

typedef enum { LOWER_SET, LOWER_ADD, LOWER_MULTIPLY, LOWER_MAX, LOWER_MIN } lower_how;

typedef enum {
    LOWER_FOR,     /* index runs lo .. hi (down: hi .. lo) over body */
    LOWER_BIND,    /* index = value; body, only where lo <= index <= hi (lo 0: always): a loop over a Kronecker delta */
    LOWER_WHEN,    /* body if value is not 0, else otherwise */
    LOWER_LET,     /* declares the local `target` and gives it value (0: declares only; how MAX: −∞, MIN: ∞) */
    LOWER_ASSIGN,  /* target how value */
    LOWER_CHECK,   /* value, an index from data, must lie in lo .. hi: else the function returns DELTA_E_INDEX */
    LOWER_PRODUCT, /* `call`, into the matrix that begins at target; how SET or ADD; value: what it reads */
    LOWER_CONTRACT /* `contraction`, in the same way */
} lower_kind;

/* A product of matrices that lie in arrays: rows × inner times inner × columns. */
typedef struct {
    node a, b;                            /* entries where they begin */
    node factor;                          /* 0: 1 */
    node rows, columns, inner;            /* sizes */
    node rows_times, inner_times;         /* `rows` or `inner` times this, where two indices are one; 0: 1 */
    int a_axis, b_axis, c_axis;           /* axis of each array over which rows lie apart; its last axis runs along a row */
    bool a_transposed, b_transposed;
} lower_call;

enum { LOWER_SPANS = 8 };

/* One of the indices that make up the rows, the columns or the inner index; steps in the two arrays that it moves, in entries along each axis. */
typedef struct {
    node extent;
    long first[MODEL_MAX_AXES], second[MODEL_MAX_AXES];
} lower_span;

/* delta_contract: target[row, column] (+)= factor · Σ_inner a[row, inner]·b[inner, column]. */
typedef struct {
    node a, b, target;               /* entries where they begin */
    node factor;                     /* 0: 1 */
    lower_span span[3][LOWER_SPANS]; /* rows, columns, inner; outermost first */
    int count[3];
} lower_contraction;

typedef struct lower_statement lower_statement;
struct lower_statement {
    lower_kind kind;
    lower_how how;
    bool down;
    bool recurs; /* FOR: an iteration may need the one before */
    bool goes_on; /* FOR: with the iterations behind those of the loop before it, over the same index; the two were one (split.c) */
    bool steps;  /* FOR: over steps of a recurrence; an iteration adds to as many entries as the recurrence computes in the step */
    int index;
    node lo, hi;
    node target, value;
    const lower_call *call;
    const lower_contraction *contraction;
    lower_statement *body, *otherwise, *next;
};

typedef enum {
    PLACED_NOT,
    PLACED_BY_DATA, /* data tells the place of some terms */
    PLACED_TURNED,  /* sums turned round, or products over several indices */
    PLACED_IN_ROWS  /* sums that are added up row by row, some for a part of the entries only */
} lower_placing;

/* var[at…] = rhs for all values of the indices (in axis order) where guard is not 0. */
typedef struct {
    int var;
    int index_count, index[MODEL_MAX_AXES];
    node at[MODEL_MAX_AXES];
    node rhs;
    node guard;      /* 0: everywhere */
    uint64_t events; /* bit per event that computes it */
    int population;  /* sample-local over this population's samples (index[0]); −1: not */
    int open_count, open[6]; /* those of its indices that loops of recurrences around it run over (order.c) */
    bool product;            /* rhs is made of products of matrices and what is added to them: product.c takes it apart */
    lower_placing placed; /* rhs has terms that are added where they belong; place.c takes it apart */
    bool begun;      /* its rest and some of its products stand in var already: rhs is what is added to them (nest.c) */
    int sweep;       /* runs once for every segment of this sweep (checkpoint.c); 0: of none */
    bool passes_on;  /* in a sweep: those that read var in the same segment come before */
    node after;      /* 0, or an entry that must be there before, although rhs does not read it */
    bool in_place;   /* rhs is added to what stands in var[at…] (fuse.c); for nobody else does this equation write var */
    int line;
    node left, right;    /* for comments: as the model has it; 0: `note` says what this is */
    const char *note;
} lower_equation;

/* When functions run. */
enum {
    LOWER_FORWARD = 0,
    LOWER_MEASURE = 1,
    LOWER_GRADIENT = 2,
    LOWER_SUMS = 3,
    LOWER_COMMIT = 4, /* after all tests of the last group: updates in place */
    LOWER_STEP = 5,   /* + group */
    LOWER_MAX_EVENTS = 64
};

typedef struct {
    lower_statement *body;
    uint64_t events;
    int equation_count, *equation; /* what it computes, in order */
    bool checks;                   /* has a CHECK: returns int */
    int block;                     /* not 0: called for each block of the program's range, together with its neighbours of the same number */
} lower_function;

/* A new value: parameter or state `var` gets what `fresh` holds at the end of group `group`. fresh −1: updated in place, by a function of LOWER_COMMIT. */
typedef struct {
    int var, fresh, group;
} lower_commit;

/* For the time of gradient() the array of work memory lies in that of the gradient (lend.c). */
typedef struct {
    int var, gradient;
} lower_loan;

/* A sum of measure(): over the samples of `population`; `value` is a work scalar. */
typedef struct {
    int var;
    int mean; /* model->mean number, −1: the cost or a constant of a metric */
} lower_sum;

/* One way through the segments of an axis: segment σ has the `length` indices from lo + first − 1 on. The three are sizes, and so never 0, in equations; nest.c makes
 * them indices of loops. */
typedef struct {
    int segment, first, length; /* sizes of the model */
    bool down;                  /* last segment first */
} lower_sweep;

/* How checkpoint.c divides an axis lo .. lo + extent − 1: `segments` segments of `span` indices, the last one perhaps shorter. */
typedef struct {
    node lo, extent;
    int span, segments;   /* sizes of the model */
    int sweep_count;
    lower_sweep *sweep;   /* sweep number i is sweep[i − 1] */
    int_list kept;        /* model variables that stay whole, */
    int_list reader;      /* and the equation that needs them so; −1: an output */
    int_list window;      /* those of which only a segment is there */
} lower_checkpoint;

/* A work array that is a mean, or a sum, over the samples: `sum` tells. */
typedef struct {
    int var;
    bool sum;
} lower_total;

typedef struct {
    model *m;
    arena *memory;
    lower_var *var;
    int var_count, var_room;
    lower_equation *equation;
    int equation_count, equation_room;
    lower_function *function;
    int function_count, function_room;
    lower_commit *commit;
    int commit_count;
    lower_sum *sum;
    int sum_count;
    lower_loan *loan;
    int loan_count;
    int extra_count, *extra_metric_var; /* constants of metrics: SYSTEM variables that stand for them in metric_value */
    node *metric_value;                 /* model->metric[].value, constants replaced */
    int *output;                        /* of output number i of the model: the variable that holds it, or the one it is a copy of */
    int *gradient;                      /* of gradient number i of the model: its lower variable (LOWER_GRAD) */
    int *plan, plan_count;              /* LOWER_WORK arrays in the order of memory; scalars are members */
    int *place_of, place_count;         /* per array of the plan: number there of the one in whose place it lies, which is the same shape; often its own */
    int group_count;
    lower_total *total; /* with `streams`: what a step needs of the samples */
    int total_count;
    int streams;        /* event that computes the totals of one call's samples; group g of a step made of totals is event streams + 1 + g. 0: there is none */
    int spare_index;                    /* of tidy.c */
    int_map softmaxes;                  /* of extract.c: logsumexp nodes whose softmax the page needs */
    int_map temporaries;                /* of extract.c: value -> 1 + its equation */
    node block_range;                   /* SIZE of the range that functions run through in blocks; 0: none */
    node block_length, block_begin, block_count; /* SIZEs: of work memory; where the block begins, and its iterations, in such a function */
    node apart_size;                             /* SIZE, 1 in the trace and else 0: arrays have all their entries (drop.c); 0: there is none */
    lower_checkpoint *checkpoint;       /* NULL: recurrences keep everything */
    bool wants_segments;                /* checkpoint.c was asked */
    bool entangled;                     /* `failed` without a diagnostic: a sweep needs what is computed from its own results */
    bool contracts;                     /* sums of products may be calls of delta_contract */
    bool failed;                        /* a diagnostic was added */
} lower_program;

typedef struct {
    int statements; /* longest function; 0: the default */
    bool no_sums;   /* no measure(): nobody reports on the training */
    bool apart;     /* no update in place: all new values are computed, then tested, then copied */
    bool loops;     /* no call of delta_contract */
    bool blocks;    /* functions may be called block by block */
    bool streams;   /* a step can also be made of samples that come one after the other */
    bool segments;  /* a recurrence and its adjoint go through their axis in segments; the adjoint computes each segment again */
} lower_options;

/* Needs a model on which calculus_expand and calculus_train ran without error. What it makes lives in the model's arena. Errors (a cycle, a page that does not
 * train, …) are diagnostics. */
lower_program *lower_build(model *m, const lower_options *options);

/* dump --stage loops, --stage memory */
void lower_dump(const lower_program *p, buffer *out);
/* The same in parts, 0, 1, …: a function or a commit each; false: there is no such part. */
bool lower_dump_part(const lower_program *p, buffer *out, int part);
void lower_dump_memory(const lower_program *p, buffer *out);
/* What checkpoint.c did, or what hinders it, in words. */
void lower_dump_segments(const lower_program *p, buffer *out);

/* The axis at a position of the order in memory (0: outermost), and the position of an axis. */
int lower_axis_at(const lower_var *v, int position);
int lower_axis_position(const lower_var *v, int axis);

/* About how many values lo .. hi has; unknown sizes count as 64. */
double lower_extent(const lower_program *p, node lo, node hi);

/* Name of a variable for people: the page's, or the stem. */
const char *lower_var_name(const lower_program *p, int var);

/* --- between the passes --- */
int lower_add_var(lower_program *p, const lower_var *v);
int lower_add_equation(lower_program *p, const lower_equation *e);
lower_statement *lower_statement_new(lower_program *p, lower_kind kind);
void lower_needs(lower_program *p);
void lower_extract(lower_program *p, int equation);

/* Order: a tree of equations and recurrences. */
typedef struct lower_unit lower_unit;
struct lower_unit {
    int equation;          /* −1: a recurrence */
    int index;             /* recurrence: its common index, running lo..hi or down */
    node lo, hi;
    bool down;
    int population;        /* sample-local: all its equations are, over this population; else −1 */
    bool in_blocks;        /* an equation over the range of block.c */
    int sweep;             /* its loop runs over the segments of this sweep; 0: over `index` */
    uint64_t events;
    int count;
    lower_unit **part;     /* in order inside one iteration */
    lower_unit *next;
};
lower_unit *lower_order(lower_program *p);

/* The outermost recurrences of the equations with events, in the order of dependence: of each equation the axis of its variable that the loop runs over. */
typedef struct {
    int count, *equation, *axis;
    node lo, hi;
    bool down;
} lower_recurrence;
int lower_recurrences(lower_program *p, lower_recurrence **list);

void lower_nest(lower_program *p, lower_unit *units, int limit);
void lower_plan(lower_program *p);

/* Is the innermost loop of this sum better over the last free index (rows added up) than over the summed one? `loose` in loop order. */
bool lower_rows_better(lower_program *p, node sum, int loose_count, const int *loose);
/* Opens nested SUMs: the summed indices (at most room) and the body. */
node lower_open_sums(lower_program *p, node sum, int *index, int room, int *count);

#endif
