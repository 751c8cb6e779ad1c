/* What `deltac emit` tells about the program that it wrote. batch: samples of a call when freestanding, else 0. */
#ifndef GEN_TOOL_EMIT_PRINT_H
#define GEN_TOOL_EMIT_PRINT_H
#include "gen/emit/emit.h"

void emit_print(const emit_summary *s, long batch);
void emit_print_json(const emit_summary *s, long batch);

#endif
