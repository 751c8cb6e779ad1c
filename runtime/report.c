/* Messages for people, all on standard error. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

static void report_line(const char *format, va_list arguments)
{
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int delta_fail(int status, const char *file, int64_t line, const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    if (file && line > 0)
        fprintf(stderr, "%s:%lld: error: ", file, (long long)line);
    else
        fprintf(stderr, "%s: error: ", file ? file : "deltac");
    va_start(arguments, format);
    report_line(format, arguments);
    va_end(arguments);
    return status;
}

void delta_hint(const char *format, ...)
{
    va_list arguments;
    fputs("  hint: ", stderr);
    va_start(arguments, format);
    report_line(format, arguments);
    va_end(arguments);
}

void delta_notice(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("deltac: ", stderr);
    va_start(arguments, format);
    report_line(format, arguments);
    va_end(arguments);
}
