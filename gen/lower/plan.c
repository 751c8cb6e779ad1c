/* Work memory. Needs: functions. The arrays that equations fill, in the order of the plan; scalars are plain members. */
#include "gen/lower/lower.h"
#include "grammar/arena.h"

void lower_plan(lower_program *p)
{
    p->plan = arena_alloc(p->memory, (size_t)(p->var_count + 1) * sizeof(int));
    for (int v = 0; v < p->var_count; v++)
        if (p->var[v].place == LOWER_WORK && p->var[v].equation >= 0 && p->var[v].axis_count > 0)
            p->plan[p->plan_count++] = v;
}
