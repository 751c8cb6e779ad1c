/* Seeded errors, for the tests of `deltac verify`. They are there only in a build with -DDELTAC_BREAK (tests/generated/verify_mutants.sh makes one in a directory
 * of its own); the environment's DELTAC_BREAK then names one, or several with commas between: "loop-end", or "derivative tanh 0 double" for the derivative of tanh by its
 * argument 0. No errors are "slow" (below) and "share": threads share loops however short. */
#ifndef GEN_DAG_BREAK_H
#define GEN_DAG_BREAK_H
#ifdef DELTAC_BREAK
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool break_is(const char *what)
{
    size_t length = strlen(what);
    for (const char *wanted = getenv("DELTAC_BREAK"); wanted; wanted = strchr(wanted, ',')) {
        wanted += *wanted == ',';
        if (strncmp(wanted, what, length) == 0 && (wanted[length] == 0 || wanted[length] == ','))
            return true;
    }
    return false;
}

/* Is the row of rules.def of that name broken? */
static inline bool break_rule(const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "rule %s", name);
    return break_is(text);
}

/* What the derivative of function `name` by an argument is multiplied with. */
static inline long break_factor(const char *name, int argument)
{
    char text[64];
    snprintf(text, sizeof text, "derivative %s %d double", name, argument);
    if (break_is(text))
        return 2;
    snprintf(text, sizeof text, "derivative %s %d sign", name, argument);
    return break_is(text) ? -1 : 1;
}

/* What is counted takes microseconds more each time with "slow": a machine on which no limit of time may be met where a counted one is. */
static inline void break_pace(void)
{
    for (int i = 0; i < 40 && break_is("slow"); i++)
        continue;
}
#define BROKEN(what) break_is(what)
#define BROKEN_PACE()                 break_pace()
#define BROKEN_FACTOR(name, argument) break_factor(name, argument)
#define BROKEN_RULE(name)             break_rule(name)
#else
#define BROKEN(what) 0
#define BROKEN_PACE()                 ((void)0)
#define BROKEN_FACTOR(name, argument) 1
#define BROKEN_RULE(name)             0
#endif
#endif
