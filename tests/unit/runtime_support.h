/* What the tests of the runtime share. Each test program works in a directory of its own. */
#ifndef RUNTIME_SUPPORT_H
#define RUNTIME_SUPPORT_H
#include <stddef.h>

#include "runtime/delta.h"

extern const delta_model runtime_double_model, runtime_float_model; /* runtime_model.h */
extern char runtime_said[1 << 16];                                  /* what the last run wrote to both outputs */

int runtime_run_model(const delta_model *model, const char *arguments); /* delta_main on arguments separated by blanks */
int runtime_run(const char *arguments);                                 /* of the double model */

void runtime_put_file(const char *name, const void *data, size_t size);
void runtime_put_text(const char *name, const char *text);
void runtime_put_line(const char *name, int rows, double noise); /* csv: y = 2x + 1 + noise */
unsigned char *runtime_get_file(const char *name, size_t *size); /* to be freed; a zero byte follows */
double runtime_npz_number(const char *file, const char *name, size_t element);

void runtime_assert_said(const char *text);
void runtime_assert_near(double value, double expected, double tolerance);
void runtime_assert_same_files(const char *one, const char *two);

int runtime_in_own_directory(void **state);
int runtime_remove_directory(void **state);

#endif
