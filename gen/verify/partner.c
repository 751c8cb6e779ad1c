/* The compiled program at the other end of two pipes; its requests are described in runtime/serve.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/verify/verify.h"

/* --- the program's table: the order of gen/emit/c_table.c --- */

static bool in_table(const model_var *v)
{
    switch (v->role) {
    case ROLE_INPUT:
    case ROLE_TARGET:
    case ROLE_NOISE:
    case ROLE_PARAM:
    case ROLE_STATE:
    case ROLE_GIVEN:
    case ROLE_HYPER: return true;
    case ROLE_SYSTEM: return v->sample;
    default: return false;
    }
}

static long axis_size(session *s, const long *size, node n)
{
    ball_point point = {.s = s, .size = (long *)size};
    ball_evaluation e;
    long value = 0;
    ball_evaluation_init(&e, &point, 64, 10000);
    if (!ball_integer(&e, n, &value))
        value = 0;
    ball_evaluation_clear(&e);
    return value;
}

static void add_array(partner *p, session *s, int var, int output)
{
    const model_var *v = &p->m->var[var];
    verify_array *a = &p->array[p->array_count++];
    *a = (verify_array){.var = var, .output = output, .population = -1, .param = v->role == ROLE_PARAM && output < 0, .rank = v->axis_count, .count = 1};
    for (int k = 0; k < a->rank; k++) {
        a->dim[k] = axis_size(s, p->size, v->axis_size[k]);
        a->count *= a->dim[k];
        if (k == 0 && v->sample)
            a->population = v->population;
    }
    a->value = xcalloc((size_t)a->count + 1, sizeof *a->value);
    for (int i = 0; i < p->m->gradient_count && a->param; i++)
        a->moved |= p->m->gradient[i].var == var;
    a->gradient = a->param ? xcalloc((size_t)a->count + 1, sizeof *a->gradient) : NULL;
}

static void list_arrays(partner *p)
{
    model *m = p->m;
    session s;
    session_init(&s, m);
    p->array = xcalloc((size_t)(m->var_count + m->output_count) + 1, sizeof *p->array);
    for (int i = 0; i < m->var_count; i++)
        if (in_table(&m->var[i]))
            add_array(p, &s, i, -1);
    for (int i = 0; i < m->output_count; i++)
        add_array(p, &s, m->output[i], i);
    session_clear(&s);
}

verify_array *partner_array_of(partner *p, int var)
{
    for (int i = 0; i < p->array_count; i++)
        if (p->array[i].var == var && p->array[i].output < 0)
            return &p->array[i];
    return NULL;
}

char *verify_entry_name(const partner *p, const verify_array *a, const char *name, long entry)
{
    buffer text = {0};
    long at[MODEL_MAX_AXES];
    int first = a->population >= 0 ? 1 : 0;
    for (int k = a->rank - 1; k >= 0; k--) {
        at[k] = entry % a->dim[k];
        entry /= a->dim[k];
    }
    buffer_puts(&text, name);
    for (int k = first; k < a->rank; k++)
        buffer_printf(&text, "%s%ld", k > first ? ", " : "[", at[k]);
    buffer_puts(&text, a->rank > first ? "]" : "");
    if (first)
        buffer_printf(&text, " of sample %ld", at[0]);
    char *kept = arena_strndup(p->m->memory, text.text, text.length);
    buffer_free(&text);
    return kept;
}

/* --- pipes --- */

static void put(partner *p, const void *memory, size_t bytes)
{
    if (!p->lost && fwrite(memory, 1, bytes, p->to) != bytes)
        p->lost = true;
}

static void put_whole(partner *p, int64_t value)
{
    put(p, &value, sizeof value);
}

static void get(partner *p, void *memory, size_t bytes)
{
    if (!p->lost && fread(memory, 1, bytes, p->from) != bytes)
        p->lost = true;
    if (p->lost)
        memset(memory, 0, bytes);
}

static void request(partner *p, char letter)
{
    put(p, &letter, 1);
}

static int status(partner *p)
{
    int64_t value;
    if (!p->lost && fflush(p->to) != 0)
        p->lost = true;
    get(p, &value, sizeof value);
    return p->lost ? -1 : (int)value;
}

static bool spawn(partner *p, const char *program)
{
    int there[2], back[2];
    if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    p->pid = fork();
    if (p->pid < 0)
        return false;
    if (p->pid == 0) {
        dup2(there[0], STDIN_FILENO);
        dup2(back[1], STDOUT_FILENO);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(there[0]);
    close(back[1]);
    p->to = fdopen(there[1], "wb");
    p->from = fdopen(back[0], "rb");
    return p->to && p->from;
}

static bool begin(partner *p, uint64_t seed)
{
    bool same = true;
    request(p, 'I');
    for (int i = 0; i < p->m->size_count; i++)
        if (p->m->size[i].population < 0 && !p->m->size[i].equals)
            put_whole(p, p->size[i]);
    for (int k = 0; k < (p->m->population_count ? p->m->population_count : 1); k++) {
        long samples = 1;
        for (int i = 0; i < p->m->size_count; i++)
            if (p->m->size[i].population == k)
                samples = p->size[i];
        put_whole(p, samples);
    }
    put(p, &seed, sizeof seed);
    if (status(p) != 0)
        return false;
    for (int i = 0; i < p->array_count; i++) {
        int64_t count;
        get(p, &count, sizeof count);
        same = same && count == p->array[i].count;
    }
    return same && !p->lost;
}

bool partner_start(partner *p, model *m, const long *size, const char *program, uint64_t seed)
{
    *p = (partner){.m = m, .pid = -1};
    p->size = xcalloc((size_t)m->size_count + 1, sizeof *p->size);
    memcpy(p->size, size, (size_t)m->size_count * sizeof *size);
    list_arrays(p);
    if (!spawn(p, program)) {
        fprintf(stderr, "deltac: cannot start the generated program: %s\n", strerror(errno));
        return false;
    }
    if (begin(p, seed))
        return true;
    fprintf(stderr, "deltac: the generated program %s\n", p->lost ? "stopped when it began" : "has arrays of other sizes than the page");
    return false;
}

void partner_stop(partner *p)
{
    if (p->to)
        fclose(p->to);
    if (p->from)
        fclose(p->from);
    while (p->pid > 0 && waitpid((pid_t)p->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < p->array_count; i++) {
        free(p->array[i].value);
        free(p->array[i].gradient);
    }
    free(p->array);
    free(p->size);
    *p = (partner){.pid = -1};
}

/* --- requests --- */

int partner_write(partner *p, int array)
{
    request(p, 'W');
    put_whole(p, array);
    put(p, p->array[array].value, (size_t)p->array[array].count * sizeof(double));
    return p->lost ? -1 : 0;
}

int partner_read(partner *p, int array)
{
    request(p, 'R');
    put_whole(p, array);
    int code = status(p);
    get(p, p->array[array].value, (size_t)p->array[array].count * sizeof(double));
    return p->lost ? -1 : code;
}

int partner_poke(partner *p, int array, long entry, double value)
{
    request(p, 'P');
    put_whole(p, array);
    put_whole(p, entry);
    put(p, &value, sizeof value);
    return p->lost ? -1 : 0;
}

int partner_cost(partner *p, double *cost)
{
    request(p, 'C');
    int code = status(p);
    get(p, cost, sizeof *cost);
    return p->lost ? -1 : code;
}

int partner_gradient(partner *p, double *cost)
{
    request(p, 'G');
    int code = status(p);
    get(p, cost, sizeof *cost);
    for (int i = 0; i < p->array_count; i++)
        if (p->array[i].param)
            get(p, p->array[i].gradient, (size_t)p->array[i].count * sizeof(double));
    return p->lost ? -1 : code;
}

int partner_forward(partner *p)
{
    request(p, 'F');
    return status(p);
}

int partner_step(partner *p)
{
    request(p, 'S');
    return status(p);
}
