/* The refuter: both sides at rational points, rigorously. */
#ifndef GEN_PROVE_REFUTE_H
#define GEN_PROVE_REFUTE_H
#include "gen/prove/ball.h"
#include "gen/prove/budget.h"
#include "gen/prove/prove.h"

typedef struct {
    node left, right;
    int index_count;
    const int *indices;
    bool derivative;    /* points on kinks say nothing */
    const node *needed; /* what is differentiated, or the mean is taken of: must be defined too */
    int needed_count;
    node written[2]; /* both sides as they were written, with derivatives not expanded, or as they are if that is not known */
    int written_count;
    const unsigned char *needed_by; /* bit 1: of the left, bit 2: of the right side; parallel to needed */
    bool at_kink;                   /* a derivative is taken at a kink, and is not known to exist there: no value says anything */
} prove_sides;

typedef struct {
    bool refuted;
    int points; /* with both sides finite */
    int digits; /* least agreement over these points */
    bool out_of_budget;
    bool brief; /* set by the caller: no witness is wanted */
    long visits;      /* nodes that were evaluated */
    long visit_limit; /* set by the caller: at one point; 0: default */
    verdict_witness witness;
} refutation;

/* The points looked at after a proof. */
#define REFUTE_SECOND           40
#define REFUTE_SECOND_PRECISION 128
/* Points from here on are for claims that the first ones leave open. */
#define REFUTE_MORE          64
#define REFUTE_MORE_ATTEMPTS 160
/* Points with the values of session.hint, the rest drawn. */
#define REFUTE_HINT           4096
#define REFUTE_HINT_POINTS    24
#define REFUTE_HINT_PRECISION 192

/* Frees the evaluations that are kept from claim to claim. */
void refute_forget(session *s);

/* Tries points first … first + attempts − 1 until `enough` had both sides finite, at `precision` bits. */
void refute(session *s, const prove_sides *sides, int first, int attempts, int enough, slong precision, refutation *out);

/* Do the sides agree at `points` points, as far as they can be evaluated? False when the budget is spent. */
bool refute_agrees(session *s, const prove_sides *sides, int points, const budget *left);

/* Is there a point with a neighbourhood in which both sides are defined? √(1 − a) and √(a − 1) meet in a = 1 only. */
bool refute_has_interior(session *s, const prove_sides *sides);

#endif
