/* Blocks of statements while they are built: loops and conditions open and close. Needs: nothing. Keeps: the order in which statements are added. */
#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"

void nest_add(nest *b, int depth, lower_statement *s)
{
    *b->frame[depth].tail = s;
    b->frame[depth].tail = &s->next;
    b->statements++;
}

void nest_assign(nest *b, lower_how how, node target, node value)
{
    lower_statement *s = lower_statement_new(b->p, LOWER_ASSIGN);
    s->how = how;
    s->target = target;
    s->value = value;
    nest_add(b, b->depth - 1, s);
}

void nest_open(nest *b, lower_statement *s, int index, bool conditional)
{
    if (b->depth == NEST_FRAMES) {
        if (!b->p->failed)
            diag_add(b->p->m->diagnostics, DIAG_ERROR, (span){b->p->m->source, 0, 0}, "loops and conditions nested more than %d deep", NEST_FRAMES);
        b->p->failed = true;
        b->depth--;
    }
    b->frame[b->depth] = (nest_frame){.statement = s, .tail = &s->body, .index = index, .conditional = conditional, .serial = b->serial};
    if (index >= 0)
        int_map_put(&b->index_depth, 1 + index, 1 + b->depth);
    b->depth++;
}

void nest_open_for(nest *b, int index, node lo, node hi, bool down)
{
    lower_statement *s = lower_statement_new(b->p, LOWER_FOR);
    s->index = index;
    s->lo = lo, s->hi = hi, s->down = down;
    for (int i = 1; i < b->depth; i++)
        b->frame[i].has_loop = true;
    nest_open(b, s, index, false);
}

void nest_open_when(nest *b, node condition)
{
    lower_statement *s = lower_statement_new(b->p, LOWER_WHEN);
    s->value = condition;
    nest_open(b, s, -1, true);
}

void nest_forget(nest *b, nest_frame *f)
{
    for (int i = 0; i < f->log.count; i++) {
        int_map_put(&b->memo, f->log.at[i], 0);
        int_map_put(&b->depths, f->log.at[i], 0);
    }
    int_list_free(&f->log);
}

void nest_otherwise(nest *b)
{
    nest_frame *f = &b->frame[b->depth - 1];
    nest_forget(b, f);
    f->tail = &f->statement->otherwise;
}

void nest_close(nest *b)
{
    nest_frame *f = &b->frame[--b->depth];
    nest_forget(b, f);
    if (f->index >= 0)
        int_map_put(&b->index_depth, 1 + f->index, 0);
    nest_add(b, b->depth - 1, f->statement);
}

void nest_close_to(nest *b, int depth)
{
    while (b->depth > depth)
        nest_close(b);
}

void nest_open_once(nest *b, int index)
{
    if (!int_map_get(&b->index_depth, 1 + index))
        nest_open_index(b, index);
}

int nest_aside(nest *b, int depth, nest_frame *saved)
{
    int count = b->depth - (depth + 1);
    memcpy(saved, &b->frame[depth + 1], (size_t)count * sizeof *saved);
    b->depth = depth + 1;
    return count;
}

void nest_back(nest *b, int count, const nest_frame *saved)
{
    memcpy(&b->frame[b->depth], saved, (size_t)count * sizeof *saved);
    b->depth += count;
}
