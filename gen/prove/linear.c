#include "gen/prove/region_private.h"

void linear_clear(linear *x)
{
    for (int i = 0; i < x->count; i++)
        for (int k = 0; k <= LINEAR_MOST_VARIABLES; k++)
            fmpz_clear(&x->row[i].coefficient[k]);
    x->count = 0;
}

linear_row *linear_add(linear *x, bool strict)
{
    if (x->count == LINEAR_MOST_ROWS)
        return NULL;
    linear_row *r = &x->row[x->count++];
    for (int k = 0; k <= LINEAR_MOST_VARIABLES; k++)
        fmpz_init(&r->coefficient[k]);
    r->strict = strict;
    return r;
}

static void drop(linear *x, int which)
{
    linear_row last = x->row[--x->count];
    for (int k = 0; k <= LINEAR_MOST_VARIABLES; k++)
        fmpz_clear(&x->row[which].coefficient[k]);
    if (which < x->count)
        x->row[which] = last;
}

/* Without the variable: a row where it has a positive and one where it has a negative coefficient. False: no room. */
static bool combine(linear *x, int up, int down, int variable)
{
    linear_row *r = linear_add(x, x->row[up].strict || x->row[down].strict);
    if (!r)
        return false;
    const fmpz *a = x->row[up].coefficient, *b = x->row[down].coefficient;
    for (int k = 0; k <= LINEAR_MOST_VARIABLES; k++) {
        fmpz_mul(&r->coefficient[k], a + k, b + variable);
        fmpz_neg(&r->coefficient[k], &r->coefficient[k]);
        fmpz_addmul(&r->coefficient[k], b + k, a + variable);
    }
    return true;
}

/* Of rows without variables: 0 > 0, or −1 >= 0? */
static bool has_contradiction(const linear *x)
{
    for (int i = 0; i < x->count; i++) {
        const linear_row *r = &x->row[i];
        int sign = fmpz_sgn(&r->coefficient[LINEAR_MOST_VARIABLES]);
        bool constant = true;
        for (int k = 0; k < x->variables; k++)
            constant = constant && fmpz_is_zero(&r->coefficient[k]);
        if (constant && (sign < 0 || (sign == 0 && r->strict)))
            return true;
    }
    return false;
}

/* How many rows more there are without the variable. */
static int growth(const linear *x, int variable)
{
    int up = 0, down = 0;
    for (int i = 0; i < x->count; i++) {
        up += fmpz_sgn(&x->row[i].coefficient[variable]) > 0;
        down += fmpz_sgn(&x->row[i].coefficient[variable]) < 0;
    }
    return up * down - up - down;
}

static bool eliminate(linear *x, int variable)
{
    int count = x->count;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            if (fmpz_sgn(&x->row[i].coefficient[variable]) > 0 && fmpz_sgn(&x->row[j].coefficient[variable]) < 0 && !combine(x, i, j, variable))
                return false;
    for (int i = x->count - 1; i >= 0; i--)
        if (!fmpz_is_zero(&x->row[i].coefficient[variable]))
            drop(x, i);
    return true;
}

bool linear_is_impossible(linear *x)
{
    bool done[LINEAR_MOST_VARIABLES] = {false};
    for (int step = 0; step < x->variables; step++) {
        int best = -1;
        if (has_contradiction(x))
            return true;
        for (int k = 0; k < x->variables; k++)
            if (!done[k] && (best < 0 || growth(x, k) < growth(x, best)))
                best = k;
        done[best] = true;
        if (!eliminate(x, best))
            return false;
    }
    return has_contradiction(x);
}
