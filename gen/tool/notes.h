/* Lecture notes: a document's mathematics, each line with its role, each claim with its verdict.
 *
 * A claim is decided over a page of its own: the definitions it needs, declarations of what they leave open, and the claim, as one syntax tree that goes
 * through model, calculus and prover like every page. So there is no second meaning of anything, and the work for a claim does not grow with the document. */
#ifndef GEN_TOOL_NOTES_H
#define GEN_TOOL_NOTES_H
#include <stdio.h>

#include "gen/prove/child.h"
#include "gen/prove/prove.h"
#include "gen/tool/page.h"
#include "grammar/document.h"
#include "grammar/latex.h"

typedef enum {
    NOTE_CLAIM,
    NOTE_DEFINITION,
    NOTE_UPDATE,
    NOTE_EXPRESSION,
    NOTE_SHAPE,
    NOTE_APPROXIMATION,
    NOTE_INEQUALITY,
    NOTE_CONDITION,
    NOTE_ROLE_COUNT
} note_role;
typedef enum { STEP_ALONG, STEP_UP, STEP_AGAINST, STEP_OTHER } note_step; /* UP: along the gradient, but to larger values */

typedef struct {
    note_role role;
    bool label; /* under a brace */
    bool inline_, parenthesised;
    bool decided;    /* has a verdict */
    bool joined;     /* continues the block before */
    int chain, step; /* items of one chain have its number */
    int section;     /* counted by sets and lists of parameters: a new network */
    int heading;     /* how many headings stand before it */
    int block;       /* of the document, as it is read here */
    bool imported;   /* out of an earlier part, for its definitions */
    bool anew;       /* a name of an earlier part of the document: a claim about it, or a definition anew */
    span at;
    int line, cell, column;
    syn *left, *right;   /* right NULL: one expression */
    const syn *value;    /* of a label: the node inside `around` */
    const syn *around;   /* the whole side the brace stands in */
    const char *trouble; /* not understood: why */
    span trouble_at;
    bool broken;   /* there is no tree */
    bool dangling; /* ends with its relation */
    verdict v;
    const char *root; /* "line 33 says what is wrong": a consequence of another item */
    const char *message[8];
    int message_count;
    int definition;    /* number of what it defines, or -1 */
    note_step move;    /* of an update */
    const char *aside; /* said last: true in another layout */
    bool layout;       /* holds in the layout that is tried */
} note_item;

typedef struct {
    sym name;
    syn *value;
    syn *parameters; /* of a function: PAREN; else NULL */
    syn *known;      /* of a function proved to be one that deltac knows (sigmoid(u)), shorter to reason about; or NULL */
    int item;        /* -1: assumed */
    int section;
    int next;                 /* the next definition of the same name, -1; see notes_first */
    bool family;              /* for all layers or times, or one of them */
    bool other;               /* a proved equation for a name that has a definition: used only when asked for */
    bool label, set, unknown; /* unknown: an assumed abstract function of the names in value (a PAREN) */
} note_definition;

typedef struct {
    sym name;
    syn *argument; /* the one it always has, or NULL */
    bool several;  /* it has had different ones */
} note_function;

typedef struct {
    sym from, to;
} note_rename;

enum { NOTE_LAYERS = 4, NOTE_UNREAD_NAMES = 14 };
#define NOTE_SCALE "unread_scale"

/* What the running letters of layers and time are. */
typedef struct {
    sym letter[NOTE_LAYERS];
    int value[NOTE_LAYERS];
    int count;
} note_layers;

typedef struct {
    sym name;
    syn *value;
} note_root; /* σ = √(σ²) where σ² is the name */

/* A document and the mathematics found in it. Its parts are read apart, so that the work grows with the document and not with its square. */
typedef struct {
    arena *memory;
    source_set *sources;
    const char *path;
    document document;
    intern *names; /* of definitions, over all parts */
    int *last;     /* by name: the last block that defines it, -1 */
    int last_capacity;
    struct block_names {
        sym *list;
        int count;
    } * uses;          /* by block: names it needs */
    sym function[256]; /* functions that earlier parts define */
    int function_count;
    const int *macro; /* blocks that define macros */
    int macro_count;
    const char *with; /* a page whose declarations settle readings, or NULL */
    double seconds;   /* limits of one claim; 0: the defaults */
    long megabytes;
    int jobs;
} notes_file;

typedef struct notes {
    bool borrowed;      /* sources and path belong to a notes_file */
    arena *file_memory; /* of a document opened as one part */
    int *block_number;  /* of a part: the blocks' numbers in the whole document */
    int imported;       /* so many blocks at the beginning are out of earlier parts */
    arena *memory;
    intern *names;
    source_set *sources;
    const char *path;
    document document;
    latex_reading *reading;
    note_item *item;
    int item_count, item_capacity;
    note_definition *definition;
    int definition_count, definition_capacity;
    int *first, *last; /* by name: its definitions, -1 */
    int first_capacity;
    note_function *function;
    int function_count;
    note_rename *unknown; /* names that are nowhere defined and look like one that is */
    int unknown_count;
    const char **announce; /* assumptions and readings, each once */
    int announce_count;
    sym running[8]; /* letters that count time: h_t = f(h_{t-1}) */
    int running_count;
    sym start[32]; /* families that have a layer 0: a^{l-1} stands in a definition */
    int start_count;
    int layers;                /* how many layers and steps a network has in which claims about them are decided */
    sym size[32];              /* ends of whole ranges, sizes in shapes */
    signed char size_from[32]; /* what its ranges begin with: 0, 1; -1 none */
    int size_count;
    note_root roots[8];
    int root_count;
    const syn *assumption[16]; /* COMPARE: y sums to 1, S = Sᵀ */
    int assumption_count;
    signed char *rank; /* by name: axes found on a page that fitted, 0 not known */
    int rank_capacity;
    bool use_ranks; /* a second look at what did not fit */
    syn *header;    /* statements of `deltac:` lines */
    int section_count;
    int chosen[64][2]; /* (definition, section): which of several label definitions holds there */
    int chosen_count;
    signed char identity; /* is I the identity matrix? 0: not looked yet, −1: no */
    bool squares;      /* a square is a name: pages write it in ASCII */
    int known_count;   /* functions found to be known ones */
    int repairs;       /* searched so far */
    int problems;      /* of the file itself */
    double seconds;    /* of processor time for one claim; 0: the default of batch.h */
    long megabytes;    /* likewise */
    int timed;         /* the item whose time runs now */
    double seconds_left;
    long steps_left;               /* as counted in budget.h: what ends the search long before the time does */
    int jobs;                      /* helpers side by side */
    struct notes_answers *answers; /* found ahead, while a pass is made; NULL: none */
    bool reading_bold; /* bold letters occur */
} notes;

/* How a claim is tried: renamed names, one definition left out, one node replaced. */
typedef struct {
    const note_rename *rename;
    int rename_count;
    int without; /* definition, -1 */
    int with;    /* definition that must be used for its name, -1 */
    note_layers layers;
    bool plain;        /* functions with the bodies that were written, also if they are known ones */
    bool denominator;  /* the page is in the denominator layout */
    bool quick;        /* no repair by the prover */
    bool unread_zero, unread_scaled; /* what is not looked into is 0, or is multiplied by NOTE_SCALE */
    unsigned assuming; /* which of the document's assumptions hold: bit k for number k */
    sym counted;       /* (1/m) Σ_i …: m is the number of terms; 0: no such reading */
} note_trial;

/* --- notes_read.c --- */
bool notes_open(notes *n, const char *path, document_kind kind); /* the whole document as one part */
bool notes_open_part(notes *n, const notes_file *f, const int *block, int count, int imported);
void notes_close(notes *n);
void notes_announce(notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_say(notes *n, note_item *i, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* --- notes_normal.c --- */
void notes_normalise(notes *n);
/* --- notes_labels.c --- */
void notes_read_labels(notes *n);
bool notes_is_part_of_name(const notes *n, sym letter, sym base); /* the subscript of d_k, ℓ_n: no index */
/* --- notes_notation.c --- */
void notes_read_signs(notes *n);
/* --- notes_function.c --- */
void notes_collect_functions(notes *n);
/* --- notes_collect.c --- */
void notes_collect(notes *n); /* functions, definitions, roles */
/* --- notes_prose.c --- */
void notes_read_prose(notes *n); /* "where σ is the logistic function", "y is one-hot", "symmetric" */
/* --- notes_condition.c --- */
void notes_find_assumptions(notes *n);
void notes_find_functions(notes *n);
void notes_judge_condition(notes *n, int item); /* a claim that was not proved: is it one? */
void notes_add_assumption(notes *n, const syn *equation);
/* --- notes_names.c --- */
void notes_assume_function(notes *n, sym name, const char *builtin);
void notes_add_other(notes *n, int item);
int notes_first(const notes *n, sym name); /* the first definition of a name, -1; the others by `next` */
void notes_link(notes *n, int definition); /* after one was added */
void notes_add_size(notes *n, sym name);
bool notes_is_size(const notes *n, sym name);
bool notes_is_identity(notes *n, sym name); /* I where nothing else is called I */
void notes_number_sections(notes *n);
void notes_collect_definition(notes *n, int item);
void notes_collect_label(notes *n, int item);
note_definition *notes_define(notes *n, sym name, syn *value, int item);
void notes_define_anew(notes *n, int item);
void notes_assume(notes *n);                                             /* sections, unknown functions, look-alikes */
int notes_find(const notes *n, sym name, int item, const note_trial *t); /* definition in force there, -1 */
/* The parentheses of an operand that may be an argument: (z), (z)², (z)[i]; NULL. */
const syn *notes_argument(const syn *s);
bool notes_is_function(const notes *n, sym name);
bool notes_is_builtin(const notes *n, sym name);
sym notes_lookalike(const notes *n, sym name); /* of an unknown name, 0 */
/* Copy of a tree with one node replaced. */
syn *notes_replace(notes *n, const syn *s, const syn *old, syn *with);
bool notes_depends(const notes *n, sym name, sym on, int item);
/* Does a name occur in a tree, or in the definitions it needs? */
bool notes_reaches(const notes *n, const syn *s, sym name, int item);
bool notes_mentions(const syn *s, sym name);
/* Every name that is no function and that a tree, or a definition it needs, has; −1: too many, or layers. The list has room for NOTE_UNREAD_NAMES. */
int notes_names_below(const notes *n, const syn *s, int item, const note_trial *t, sym *list);
typedef void (*notes_visitor)(void *context, const syn *s, const syn *parent, int place);
void notes_visit(const syn *s, notes_visitor visit, void *context);
/* --- notes_rewrite.c --- */
syn *notes_rewrite(notes *n, const syn *s, const note_trial *t, int item);
/* --- notes_page.c --- */
/* Decides left = right at an item's place. */
void notes_decide(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out);
syn *notes_page(notes *n);              /* the whole document as a page, for convert */
bool notes_has_vectors(const notes *n); /* does the document show any sign of matrix notation? */
void notes_learn_rank(notes *n, sym name, int axes);
int notes_known_rank(const notes *n, sym name);
/* --- notes_process.c --- */
/* From now on what is decided for this item may take its time limit again; repairs have less. */
void notes_allow(notes *n, int item, bool repair);
/* Decides the last claim of a page, in a process of its own. Texts live in the document's arena. */
void notes_decide_file(notes *n, const syn *page, int item, bool quick, verdict *out);
/* Is a page of the language read without an error, and is each of its claims proved? */
bool notes_page_holds(notes *n, const char *text, size_t length);
/* --- notes_ahead.c --- */
/* `one` for each item, in order; with several jobs what it asks is decided ahead. It may change the document. */
void notes_pass(notes *n, void (*one)(notes *n, int item));
/* For notes_decide_file: the answer that a helper had for this page; x->said is not the caller's. */
bool notes_foreseen(notes *n, const syn *file, bool quick, child_process *x, int *status);
/* In a helper: the answer of a page's process. */
void notes_tell_ahead(notes *n, const syn *file, bool quick, const child_process *x, int status);
/* --- notes_layer.c --- */
void notes_add_running(notes *n, sym letter);
bool notes_is_running(const notes *n, sym letter);
void notes_find_layers(notes *n);
int notes_layer_of(const notes *n, const syn *s, const note_layers *at);   /* the layer a superscript means, -1 */
syn *notes_layer_name(notes *n, const syn *family, const note_layers *at); /* NAME of the instance, NULL outside the network */
sym notes_layer_base(const notes *n, sym name, int *layer);
int notes_layer_find(const notes *n, sym name, note_layers *at);
bool notes_layer_outside(const notes *n, const syn *s, const note_layers *at); /* does a superscript leave the network? */
sym notes_layer_letter(const notes *n, const syn *left, const syn *right);     /* the one running letter of a line, 0 */
bool notes_has_layers(const notes *n, const syn *left, const syn *right);
void notes_decide_layers(notes *n, const syn *left, const syn *right, int item, const note_trial *with, verdict *out);
void notes_decide_any(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out); /* with layers or without */
/* --- notes_count.c --- */
bool notes_is_mean(const notes *n, const syn *product, sym m); /* (1/m) Σ_i …, without a range? */
/* The letter m of such a product in the item or in a definition that it needs, if nothing else is known of m; 0. */
sym notes_counted(const notes *n, int item);
/* --- notes_verdict.c --- */
void notes_judge(notes *n);
void notes_say_definitions(notes *n, int item); /* which definition was used, where a name has several */
void notes_run(notes *n); /* everything between reading and printing */
/* --- notes_repair.c --- */
void notes_repair_all(notes *n);
void notes_judge_updates(notes *n);
char *notes_text(notes *n, const syn *s);
char *notes_claim_text(notes *n, const syn *left, const syn *right);
/* --- notes_convention.c --- */
void notes_write_sums(notes *n);       /* Einstein's */
void notes_find_conventions(notes *n); /* after all lines are judged */
/* --- notes_edit.c --- */
bool notes_repair_edit(notes *n, int item); /* the smallest edit that makes a refuted line true, in the document's own notation */
/* --- notes_print.c --- */
const char *notes_role_name(note_role role);
const char *notes_verdict_name(const note_item *i);
bool notes_good(const verdict *v);
typedef struct {
    int proved, refuted, undecided, not_understood, vacuous;
} notes_totals;
notes_totals notes_count(const notes *n);
int notes_status(const notes_totals *t);
int notes_rank(const note_item *i); /* 0 refuted, 1 not understood, 2 undecided, …: smaller is more important */
const char *notes_mark(const note_item *i);
struct json_t;
struct json_t *notes_item_json(notes *n, const note_item *i);
void notes_print_item(FILE *out, notes *n, const note_item *i, bool colour, const char *hints);
/* --- notes_parts.c --- */
bool notes_file_open(notes_file *f, const char *path, document_kind kind);
void notes_file_close(notes_file *f);
/* Reads and judges the document part by part. */
void notes_each_part(notes_file *f, void (*take)(void *context, notes *n), void *context);
/* --- notes_check.c --- */
typedef struct {
    document_kind kind;
    bool colour, text; /* text: print for people */
    const char *hints, *with;
    double seconds; /* limits of one claim; 0: the defaults */
    long megabytes;
    int jobs;
    const char *annotate; /* where the document with its verdicts is written, or NULL */
} notes_request;
/* One document for `check`: reads, decides, prints, and fills *json if json is not NULL. Returns the exit status. */
int notes_check(const char *path, const notes_request *q, struct json_t **json, notes_totals *totals);
/* --- notes_annotate.c --- */
typedef struct notes_marks notes_marks;
notes_marks *notes_marks_new(void);
void notes_marks_take(notes_marks *m, notes *n); /* the verdicts of one part */
/* Writes the document with its marks; marks that an earlier run left are replaced. */
int notes_annotate(notes_marks *m, const notes_file *f, const char *output);
void notes_marks_free(notes_marks *m);

#endif
