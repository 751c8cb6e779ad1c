/* Inside gen/lower only: order.c, order_depend.c, order_link.c and order_ends.c. */
#ifndef GEN_LOWER_ORDER_H
#define GEN_LOWER_ORDER_H
#include "gen/lower/components.h"
#include "gen/lower/lower.h"

enum { MAX_NESTING = 6 };

typedef struct {
    int *axis; /* per equation: axis of its variable that the loop runs over, −1: not in it */
} carrier;

typedef struct {
    lower_program *p;
    dag *d;
    int_list *reads;   /* per equation: ENTRY nodes */
    int *first, *list; /* equations of a variable */
    carrier loop[MAX_NESTING];
    int depth;
    int *place; /* per equation: its position in the set being ordered, −1: not in it */
    int sweep;  /* inside this sweep over segments; 0: outside of all */
} ordering;

/* Where f writes, on this axis of its variable. */
void order_range(const ordering *o, const lower_equation *f, int axis, node *lo, node *hi);
/* Can the entry never be one that f writes? */
bool order_never_meets(const ordering *o, node entry, const lower_equation *f);
/* Equation e reads `entry`, which f writes: does a loop that is there already carry that from one step to another? */
bool order_is_carried(const ordering *o, int e, node entry, int f);
/* How far behind (negative) or ahead the entry is of the loop's position when e runs. False: that is not one number. */
bool order_offset(const ordering *o, const carrier *c, int e, node entry, int f, long *offset);
/* Calls visit for every equation of the set that must come before equation e. */
void order_each_dependence(const ordering *o, int e, void (*visit)(void *context, int f), void *context);

/* +1: only earlier values are read (run upward), −1: only later ones, 0: neither, or no step at all. */
int order_direction(const ordering *o, const carrier *c, int count, const int *set);

/* Ends of the rows that a recurrence fills are computed in its loop, not before it in one of their own: they then lie in the cache. Puts such equations of `all`
 * behind those of component k, of which the set has count; `up`: the direction of its loop. Returns how many it then has. */
int order_take_ends(ordering *o, components *x, const int *all, int k, carrier *c, int up, int count, int *set);

/* The units of components, by component, linked in an order in which each comes after those it depends on; rank: of a component, its first vertex. */
lower_unit *order_link(const components *c, lower_unit **unit, const int *rank);

#endif
