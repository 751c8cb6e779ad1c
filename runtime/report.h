/* Exit statuses and messages. Every message goes to standard error; functions that fail print their message once and return the exit status. */
#ifndef DELTA_REPORT_H
#define DELTA_REPORT_H
#include <stdint.h>

enum {
    DELTA_EXIT_OK = 0,
    DELTA_EXIT_UNUSABLE = 3, /* a file, an option's value or the data cannot be used */
    DELTA_EXIT_MACHINE = 4,  /* disk full, out of memory */
    DELTA_EXIT_USAGE = 64,
    DELTA_EXIT_AGAIN = 75,        /* stopped by a signal with a checkpoint: start again with --resume */
    DELTA_EXIT_INTERRUPTED = 130, /* by Ctrl-C */
    DELTA_EXIT_TERMINATED = 143   /* by SIGTERM without a checkpoint: the weights are written */
};

#if defined __GNUC__
#define DELTA_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define DELTA_FORMAT(text, first)
#endif

/* "FILE:LINE: error: …"; "deltac: error: …" when file is NULL, without the line when it is 0. Returns status. */
int delta_fail(int status, const char *file, int64_t line, const char *format, ...) DELTA_FORMAT(4, 5);
/* "  hint: …", after delta_fail. */
void delta_hint(const char *format, ...) DELTA_FORMAT(1, 2);
/* "deltac: …": worth knowing, not wrong. */
void delta_notice(const char *format, ...) DELTA_FORMAT(1, 2);

#endif
