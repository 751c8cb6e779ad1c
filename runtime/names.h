/* Names as users write them: the ASCII name, the page's spelling, Greek or English letters, W₂ or W_2 or W2. */
#ifndef DELTA_NAMES_H
#define DELTA_NAMES_H
#include "delta.h"

/* 1 when text means this name. spelling may be NULL. */
int delta_name_means(const char *text, const char *name, const char *spelling);

/* Number of the array, size, population or metric called so; -1: none. */
int delta_array_named(const delta_model *model, const char *text);
int delta_size_named(const delta_model *model, const char *text);
int delta_population_named(const delta_model *model, const char *text);
int delta_metric_named(const delta_model *model, const char *text);

/* "x, y, z": names of the arrays with one of these roles (a set of bits 1 << role). */
const char *delta_names_list(const delta_model *model, unsigned roles, char *text, size_t room);

/* A number or a fraction "1/255"; 0 when text is none. */
int delta_number_read(const char *text, double *value);

#endif
