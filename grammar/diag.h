/* Diagnostics are collected values with spans; they are sorted and printed once, with carets. */
#ifndef GRAMMAR_DIAG_H
#define GRAMMAR_DIAG_H
#include <stdbool.h>
#include <stdio.h>

#include "source.h"

typedef enum { DIAG_ERROR, DIAG_WARNING, DIAG_NOTICE } diag_level;

typedef struct {
    diag_level level;
    span at;
    char *message;
    char *hint;      /* or NULL */
    span other;      /* a second place ("declared here"), other.source < 0 if none */
    char *other_text;
} diagnostic;

typedef struct {
    diagnostic *list;
    int count, capacity;
    int errors, warnings;
} diag_list;

/* Adds a diagnostic and returns it, so that diag_hint and diag_other can complete it. The same message at the same place is kept once. */
diagnostic *diag_add(diag_list *d, diag_level level, span at, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_hint(diagnostic *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_other(diagnostic *g, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "file:line:column: error: …", the source line, a caret range under it, "hint: …"; in order of place. At most 50 errors, then a count of the rest. */
void diag_print(diag_list *d, const source_set *sources, FILE *out, bool colour);
/* Forgets all but the first `count`. */
void diag_truncate(diag_list *d, int count);
void diag_free(diag_list *d);

/* Edit distance in bytes; more than 3 is reported as 4. For hints what was meant. */
long diag_distance(const char *a, const char *b);

#endif
