/* What the actions of delta.l call. Internal to this room. */
#ifndef GRAMMAR_SCAN_H
#define GRAMMAR_SCAN_H
#include "token.h"

typedef struct scanner scanner;
#define YYSTYPE token
#define YYLTYPE span

/* Each returns the kind of the token it filled in. scanner_wrong reports an error at the token and marks its statement as broken. */
int scanner_wrong(scanner *s, token *t, const char *format, ...) __attribute__((format(printf, 3, 4)));
void scanner_blank(scanner *s);
void scanner_comment(scanner *s, token *t, const char *bytes, size_t length);
int scanner_mark(scanner *s, token *t, const char *bytes, size_t length);
int scanner_number(scanner *s, token *t, const char *bytes, size_t length);
int scanner_bare_point(scanner *s, token *t, const char *bytes);
int scanner_leading_point(scanner *s, token *t, const char *bytes);
int scanner_fraction(scanner *s, token *t, const char *bytes, size_t length);
int scanner_string(scanner *s, token *t, const char *bytes, size_t length);
int scanner_name(scanner *s, token *t, const char *bytes, size_t length);
int scanner_super(scanner *s, token *t, const char *bytes, size_t length);
int scanner_sub(scanner *s, token *t, const char *bytes, size_t length);
int scanner_bar_subscript(scanner *s, token *t);
int scanner_double_bar(scanner *s, token *t);
int scanner_bidi(scanner *s, token *t);
int scanner_unseen(scanner *s, token *t, const char *bytes, size_t length);
int scanner_foreign(scanner *s, token *t, const char *bytes);
int scanner_stray(scanner *s, token *t, const char *bytes, size_t length);

#endif
