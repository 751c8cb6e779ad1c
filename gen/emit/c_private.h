/* Inside the C emitter only. */
#ifndef GEN_EMIT_C_PRIVATE_H
#define GEN_EMIT_C_PRIVATE_H
#include "gen/emit/emit.h"
#include "grammar/arena.h"

/* How the values of sizes are spelt in the text at hand. */
typedef enum { SIZES_LOCAL, SIZES_TABLE, SIZES_STRUCT } size_spelling;

/* Names in one scope of C. */
typedef struct {
    intern *known;
    bool *taken; /* per sym of `known` */
    int room;
} name_scope;

enum { LOOP_FOLDS = 8 };

/* What a loop gathers: statements that add to a local, or make it the largest or smallest value yet. */
typedef struct {
    const lower_statement *sum[LOOP_FOLDS], *extreme[LOOP_FOLDS];
    int sum_count, extreme_count;
    const char *mark[LOOP_FOLDS]; /* of each extreme: the local that notes values that are no numbers */
} loop_fold;

/* Threads take parts of the columns of rows that are computed one after the other. */
typedef struct {
    const lower_statement *over_rows;
    node last;                /* the loops inside that go from 0 to there are rows */
    const char *part, *parts; /* names of the part's number and of how many there are, */
    const char *begin, *end;  /* and of its first column and the one behind it */
} column_parts;

typedef struct {
    const lower_program *p;
    model *m;
    dag *d;
    arena *memory;
    const emit_options *o;
    const char *name, *upper;
    const char *page;
    const char *real;        /* "double" or "float" */
    const char *suffix;      /* of literals and functions: "" or "f" */
    buffer *out;
    const char **member;     /* per variable: its name in its struct, NULL: in none */
    char **size_name;        /* per size */
    char **population_name;  /* per population: suffix of its members, "" for the main one */
    int *size_number;        /* per size: its number in the runtime's table, −1: samples or an expression */
    char **out_member;       /* per output */
    bool has_sizes;          /* a size has no value on the page */
    long samples;            /* in a batch, where that is a number */
    bool free;               /* --target freestanding: all sizes are fixed, arrays are members of their structs */
    const char *apart;       /* "" or the word that keeps a function from being inlined */
    const char **total_member; /* per total: its name in the struct of totals */
    const int *tests, *commits; /* per group of updates: how many functions test its new values and put them in place */
    bool *helper, *helper_one;  /* per row of the helper table: used, as it is and in the step that is written out */
    int *shape;              /* per variable in the plan: number of its shape */
    int shape_count;
    bool *has_gradient;      /* per variable of the model */
    int *shape_var;          /* a variable of each shape */
    int *bound;              /* numbers of the plan in the order in which they get their memory */
    bool (*function_places)[LOWER_LOCAL + 1]; /* per function: the structs it is given */
    bool (*bounded_places)[LOWER_LOCAL + 1];  /* and the test of its products, if it updates in place */
    /* of the function being written */
    name_scope scope;
    const char **local;      /* per variable: local name of an array, or what stands for it; NULL: none */
    char **index_name;       /* per index, while its loop is open */
    int index_room;
    char **local_size; /* per size */
    bool bounding;     /* products are not computed, it is tested whether they are small enough to be added in place */
    size_spelling sizes;
    const char *work;        /* how members of work memory begin here: "work->" */
    bool unrolled;           /* c_small.c: no loops, every index is a number, */
    size_t unrolled_end;     /* and given up when the text gets longer than this */
    int_map forward_reads;   /* 1 + variable: the outputs read it */
    bool size_pointer;       /* sizes are "size->n", not "size.n" */
    const loop_fold *fold;   /* in a loop that folds: what into; else NULL */
    const column_parts *columns; /* in a loop over rows whose columns threads share; else NULL */
    int temporaries;
} emitter;

/* c_name.c */
void scope_open(name_scope *s);
void scope_close(name_scope *s);
/* An identifier made from text that is free in the scope, keeping clear of keywords and macros (and, when local, of functions and the names of arguments). */
char *scope_name(name_scope *s, arena *memory, const char *text, bool local);
void scope_release(name_scope *s, const char *name);
void scope_take(name_scope *s, const char *name);
void emit_comment_text(buffer *out, const char *text);
void emit_string(buffer *out, const char *text);

/* c_expression.c */
/* Brackets. */
void open_if(emitter *e, bool needed);
void close_if(emitter *e, bool needed);
void put_real(emitter *e, node n, int strength);
void put_index(emitter *e, node n, int strength);
void put_condition(emitter *e, node n, int strength);
void put_literal(emitter *e, const mpq_t value);
void put_place(emitter *e, node entry);
/* target = value + target when value is a product; false: nothing was written. */
bool put_fused_addition(emitter *e, node target, node value);
void put_size(emitter *e, int size);
enum { STRENGTH_ANY = 0, STRENGTH_OR = 2, STRENGTH_AND = 3, STRENGTH_EQUAL = 4, STRENGTH_LESS = 5, STRENGTH_SUM = 6, STRENGTH_PRODUCT = 7, STRENGTH_UNARY = 8 };
bool size_is_known(const emitter *e, int size);

/* c_statement.c */
void put_statements(emitter *e, const lower_statement *s, int level);
void put_range(emitter *e, const lower_statement *from, const lower_statement *end, int level); /* end: not with it */
void put_loop_head(emitter *e, const lower_statement *loop, const char *index);
void index_room(emitter *e, int index);                 /* there is a place for its name */
const char *index_open(emitter *e, int index);          /* a name for it, until it is released */
const char *index_stem(const char *name, char *letter); /* letter: room for two bytes */
void put_row_step(emitter *e, node entry, int axis);

/* c_small.c */
/* NAME_train_one(), when the page is small enough for it. */
bool put_small_step(emitter *e);
/* Values of index expressions and of conditions on them, where indices are numbers. False: it depends on something else. */
bool small_value(const emitter *e, node n, long *value);
bool small_condition(const emitter *e, node n, bool *holds);

/* c_header.c */
/* The variable as the outputs show it: starts of a recurrence outside its axis (h[-1]) are not seen. */
lower_var emit_output_shape(const emitter *e, int var);

/* c_helper.c */
/* What the helper of this name is called in the text at hand, noted as used; NULL: there is none, it is a function of the library. *one: it takes "&far" as a further
 * argument. */
const char *helper_use(emitter *e, const char *name, bool *one);
void helper_forget_one(emitter *e); /* the step that is written out was given up */
int helper_count(void);
void put_helpers(emitter *e);

/* c_loop.c */
/* Does no iteration read what another writes? */
bool loop_is_apart(emitter *e, const lower_statement *loop);
/* From how many iterations on a loop of a function is worth several threads, those of its longest inner loops counted where their number is not known here; 0: never,
 * or its iterations are not apart or do not keep their locals to themselves. */
long loop_is_shared(emitter *e, const lower_statement *loop, node *iterations);
bool loops_are_apart(emitter *e, const lower_statement *loop); /* with loops inside it */
/* The same for a loop over rows, in which rows are added to one: from how many on threads pay that take parts of the columns; 0: never. *last: where rows end. */
long loop_has_columns(emitter *e, const lower_statement *loop, node *iterations, node *last);
bool loop_is_row(const emitter *e, const lower_statement *loop, node last); /* from 0 to there */
/* Does a costly function stand in it, and may iterations run twice? Then the rest behind its whole vectors is a vector too, which begins before it. */
bool loop_runs_whole(emitter *e, const lower_statement *loop);
/* Innermost, and under a condition it reads or writes an array. */
bool loop_stays_rolled(emitter *e, const lower_statement *loop);
/* Does the loop only add to locals, find extremes, and fill entries that no other iteration touches? Then it may run in vectors, its additions in the order of
 * vectors. */
bool loop_folds(emitter *e, const lower_statement *loop, loop_fold *out);

/* c_jam.c: the loop inside `loop` through which four iterations may go together; NULL: none */
const lower_statement *loop_jams(emitter *e, const lower_statement *loop);
void put_jammed(emitter *e, const lower_statement *loop, const lower_statement *inner, int level);

/* c_function.c */
void put_functions(emitter *e);
void put_call(emitter *e, int function, const char *grad);
/* "ok &= NAME_bounded_3(in, work);" */
void put_bounded_call(emitter *e, int function);
/* A function from statements made outside lower: `text` is its head's name and comment. */
void put_initial_function(emitter *e, const char *name, const lower_statement *body);

/* c_header.c */
void put_header(emitter *e, buffer *out, uint64_t hash);
const char *struct_of(lower_place place);

void put_declared(emitter *e, const lower_var *v, const char *type, const char *name);

/* c_entry.c: pieces of functions that run an event */
void put_begin(emitter *e, const char *training);
void put_code(emitter *e, int event); /* declares `code` if a call can fail */
void put_calls(emitter *e, int event, const char *indent, const char *on_error);
void put_check_value(emitter *e, int var);
/* Group g of a step that begins with group `first`: its new values are computed by `event`, tested and put in place. */
void put_group(emitter *e, int first, int g, int event);

/* c_stream.c */
void put_totals_struct(emitter *e);
void put_stream_prototypes(emitter *e);
void put_stream(emitter *e);

/* c_init.c, c_entry.c, c_memory.c, c_where.c, c_table.c */
void put_init(emitter *e);
void put_entries(emitter *e);
/* Small functions that the entries use, of those whose name stands in `text`. */
void put_shared_helpers(emitter *e, const char *text);
void put_memory(emitter *e);
bool memory_is_shared(const emitter *e); /* arrays lie in places of others */
int put_where(emitter *e); /* how many values there are to search */
/* c_assume.c: tests of the data and their table; returns how many. */
int put_assumptions(emitter *e);
void put_table(emitter *e, uint64_t hash, int values);

/* c_free.c, c_store.c: what only freestanding programs have */
/* The value of an index expression over sizes; −1: a size without a value, or more than a 32-bit int holds. */
long free_value(const emitter *e, node n);
/* Entries of a variable's array in memory; 1 for a number. −1 as above. */
long free_entries(const emitter *e, const lower_var *v);
/* Adds a diagnostic when a size has no value, or when there are more entries than an int counts everywhere. */
bool free_is_fixed(emitter *e);
/* Of the random numbers what `text` uses. */
void put_free_random(emitter *e, const char *text);
/* A product of matrices as loops. */
void put_free_product(emitter *e, const lower_statement *s, int level);
/* c_summary.c: what a program, whose C is `text`, needs. */
void emitter_summary(emitter *e, const char *text, emit_summary *summary);
/* Sizes in bytes and the hash; the functions that write and read. */
void put_store_macros(emitter *e, uint64_t hash);
void put_store_prototypes(emitter *e);
void put_store(emitter *e);

#endif
