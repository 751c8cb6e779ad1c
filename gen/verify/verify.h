/* Does the generated C compute what the page says? The program is asked for its cost, gradient, outputs and one training step at a random point; all of that is
 * compared with enclosures in ball arithmetic of the page's own equations, and the gradient with differences of the program's own cost.
 *
 * The balls know nothing of lowering and of C, the differences know nothing of derivatives: a wrong rule for a derivative is seen by the differences, an error
 * between the equations and the C by the balls. */
#ifndef GEN_VERIFY_VERIFY_H
#define GEN_VERIFY_VERIFY_H
#include "gen/prove/ball.h"

/* --- partner.c: the compiled program (delta_serve), asked through pipes --- */

typedef struct {
    int var;            /* of the model */
    int output;         /* number of the output; −1 */
    int population;     /* whose samples its first axis counts; −1 */
    bool param;
    bool moved;         /* a parameter that the first objective moves: the gradient has it */
    int rank;           /* sample axis included */
    long dim[MODEL_MAX_AXES];
    long count;
    double *value;      /* as last written or read */
    double *gradient;   /* parameters */
} verify_array;

typedef struct {
    model *m;
    long *size;         /* by size id; sizes of samples too */
    verify_array *array;/* in the order of the program's table */
    int array_count;
    long pid;
    FILE *to, *from;
    bool lost;          /* the program has ended too early */
} partner;

/* Starts the program; sizes are read from `size`. False with a message when it cannot be started or its arrays have other shapes. */
bool partner_start(partner *p, model *m, const long *size, const char *program, uint64_t seed);
void partner_stop(partner *p);
/* Each returns the program's status, −1 when the program is lost. */
int partner_write(partner *p, int array);
int partner_read(partner *p, int array);
int partner_poke(partner *p, int array, long entry, double value);
int partner_cost(partner *p, double *cost);
int partner_gradient(partner *p, double *cost);
int partner_forward(partner *p);
int partner_step(partner *p);
verify_array *partner_array_of(partner *p, int var);

/* --- draw.c: points --- */

/* Fills data, noise and parameters with small random numbers that keep the assumptions about single names, and makes the program's states and settings
 * known. `attempt` widens or narrows where numbers are drawn. False: the cost is not finite there. */
bool verify_draw(partner *p, session *s, uint64_t seed, int attempt);

/* --- sizes.c --- */

/* Values for all sizes: the page's own, small distinct ones for those that have none; all small with `shrink`, but large enough for every loop of the page to
 * run. False with a message. */
bool verify_sizes(model *m, session *s, bool shrink, long *size);

/* --- the comparisons --- */

typedef struct {
    long entries;       /* compared */
    double worst;       /* error of the worst */
    char *where;        /* "∂C/∂W1[2, 1] (line 4)"; in the model's arena */
    char *detail;       /* both values */
    node rhs;           /* its equation: right side over `index`; 0 */
    int index_count;
    const int *index;
    bool over;          /* too many operations: shrink the sizes */
    bool undefined;     /* an enclosure has no finite value at this point: draw another */
    long skipped;       /* near kinks at every point that was tried */
} verify_result;

/* Cost, gradient, outputs and one step against enclosures; at most `operations` steps of ball arithmetic. */
verify_result verify_balls(partner *p, session *s, long operations);

typedef struct {
    uint64_t seed;
    long all;           /* arrays with no more entries are compared whole */
    long some;          /* of larger ones, so many entries */
    int directions;
} verify_sampling;

/* The gradient against differences of the cost, extrapolated. Draws further points for entries near kinks. */
verify_result verify_differences(partner *p, session *s, const verify_sampling *sampling);

/* --- test_text.c: a cmocka program that does the second comparison in a user's own build --- */
void verify_test_text(const char *name, const char *page, bool stops, buffer *out);
/* Does an equation hold a value fixed with stop(…)? Then the gradient is not the derivative of the cost, and differences say nothing about it. */
bool verify_stops(const model *m);

/* --- shared --- */
/* "∂C/∂W1[2, 1]" for entry number `entry` of an array that is called `name`. In the model's arena. */
char *verify_entry_name(const partner *p, const verify_array *a, const char *name, long entry);

#endif
