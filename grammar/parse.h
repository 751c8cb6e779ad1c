/* Text of the delta language to a syntax tree. Reentrant; reports every error it can recover from. */
#ifndef GRAMMAR_PARSE_H
#define GRAMMAR_PARSE_H
#include "syntax.h"

/* Parses source number `number` of `sources`. Always returns a FILE_ node; statements with errors are BROKEN nodes and diagnostics are added to d.
 * Nesting deeper than PARSE_MAX_DEPTH brackets is an error with a place. */
#define PARSE_MAX_DEPTH 400
syn *parse_delta(arena *a, intern *names, const source_set *sources, int number, diag_list *d);
/* Parses one expression or equation that stands alone (command-line arguments like '∂C/∂W', the body of --define 'σ1(u) = tanh(u)' as an EQUATION). */
syn *parse_statement(arena *a, intern *names, const source_set *sources, int number, diag_list *d);
/* One token a line: place, kind, text; for `dump --stage tokens`. */
void parse_dump_tokens(buffer *out, intern *names, const source_set *sources, int number, diag_list *d);

#endif
