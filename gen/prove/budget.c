#include "gen/prove/budget.h"

#include "gen/prove/memory.h"

#define CALLS_PER_STEP 8

long budget_steps(const dag *d)
{
    return dag_work(d) + memory_calls() / CALLS_PER_STEP;
}

budget budget_of(const dag *d, long steps)
{
    return (budget){d, budget_steps(d) + steps};
}

long budget_left(const budget *b)
{
    long left = b->end - budget_steps(b->d);
    return left > 0 ? left : 0;
}

bool budget_spent(const budget *b)
{
    return budget_left(b) == 0;
}
