/* Loops within a limit of memory: as they are when that is enough, else recurrences in segments. */
#include "gen/emit/c_private.h"

/* Bytes of work memory for so many samples of a call. −1: a size has no value. */
static double work_bytes(const lower_program *p, const emit_options *o, long samples)
{
    emitter e = {.p = p, .m = p->m, .d = p->m->dag, .o = o, .free = o->target == EMIT_FREESTANDING, .samples = samples};
    double bytes = 0, real = o->single ? 4 : 8;
    for (int i = 0; i < p->plan_count; i++) {
        double count = (double)free_entries(&e, &p->var[p->plan[i]]);
        if (count < 0)
            return -1;
        bytes += e.free || p->place_of[i] == i ? count * real : 0;
    }
    return bytes;
}

static lower_program *build(model *m, const emit_options *o, bool segments)
{
    bool free_target = o->target == EMIT_FREESTANDING;
    return lower_build(m, &(lower_options){.no_sums = free_target, .apart = free_target, .loops = free_target, .blocks = !free_target && !segments, .streams = free_target, .segments = segments});
}

static void put_amount(char *text, size_t room, double bytes)
{
    if (bytes < 1e4)
        snprintf(text, room, "%.0f bytes", bytes);
    else if (bytes < 1e6)
        snprintf(text, room, "%.4g kB", bytes / 1e3);
    else
        snprintf(text, room, "%.4g MB", bytes / 1e6);
}

static void refuse(lower_program *p, const emit_options *o, double bytes)
{
    model *m = p->m;
    char needed[40], limit[40];
    put_amount(needed, sizeof needed, bytes);
    put_amount(limit, sizeof limit, o->memory);
    diagnostic *g = diag_add(m->diagnostics, DIAG_ERROR, (span){m->source, 0, 0}, "the page needs %s of work memory, more than the %s of --memory-limit", needed, limit);
    buffer why = {0};
    lower_dump_segments(p, &why);
    diag_hint(g, "%s", why.text ? why.text : "");
    buffer_free(&why);
    p->failed = true;
}

lower_program *emit_lower(model *m, const emit_options *o)
{
    lower_program *p = build(m, o, o->segments);
    if (p->entangled)
        p = build(m, o, false);
    long samples = o->batch > 0 ? o->batch : EMIT_SAMPLES;
    if (p->failed || !(o->memory > 0))
        return p;
    double bytes = work_bytes(p, o, samples);
    if (bytes >= 0 && bytes <= o->memory)
        return p;
    lower_program *s = build(m, o, true);
    if (s->entangled)
        s = p;
    if (s->failed)
        return s;
    bytes = work_bytes(s, o, samples);
    if (o->target == EMIT_FREESTANDING && bytes > o->memory)
        refuse(s, o, bytes);
    return s;
}
