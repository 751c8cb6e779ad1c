/* A page read from a text, for tests of what comes behind its model. */
#ifndef SHEET_H
#define SHEET_H
#include "gen/model/model.h"

typedef struct {
    arena *memory;
    intern *names;
    source_set *sources;
    diag_list errors;
    model *m;
} sheet;

void sheet_read(sheet *s, const char *text); /* what is wrong with the text is in errors */
void sheet_open(sheet *s, const char *text); /* the test fails when something is wrong with it */
void sheet_no_errors(sheet *s);
void sheet_close(sheet *s);

#endif
