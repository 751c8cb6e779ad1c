/* Interned strings: equal texts have equal numbers, so names are compared as integers. */
#ifndef GRAMMAR_INTERN_H
#define GRAMMAR_INTERN_H
#include <stddef.h>
#include <stdint.h>

typedef int32_t sym; /* 0 is "no name" */
typedef struct intern intern;

intern *intern_new(void);
void intern_free(intern *t);
sym intern_add(intern *t, const char *text, size_t length);
sym intern_puts(intern *t, const char *text);
sym intern_find(const intern *t, const char *text); /* 0 when unknown */
const char *intern_text(const intern *t, sym s);    /* NUL-terminated, lives as long as t */

sym intern_count(const intern *t); /* names are 1 … so many */

/* The spelling of a name at its first place in the file ("λ" for the key "lambda"); the key itself if none was noted. */
void intern_note_spelling(intern *t, sym key, sym spelling);
void intern_respell(intern *t, sym key, sym spelling); /* in place of what was noted */
sym intern_spelling(const intern *t, sym key);

#endif
