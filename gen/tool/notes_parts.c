/* A long document part by part: chapters, or pieces of a few hundred formulas. A part sees the definitions of earlier parts for the names it does not define. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

enum { WHOLE = 150, LONG_PART = 300, LONGEST_PART = 600, MOST_IMPORTS = 120 };

/* --- the file --- */

static bool holds(const source *s, const document_block *b, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = b->begin; i + n <= b->end; i++)
        if (s->text[i] == word[0] && memcmp(s->text + i, word, n) == 0)
            return true;
    return false;
}

static void find_macros(notes_file *f)
{
    const source *s = source_get(f->sources, f->document.source);
    int *list = arena_alloc(f->memory, ((size_t)f->document.block_count + 1) * sizeof *list);
    for (int i = 0; i < f->document.block_count; i++) {
        const document_block *b = &f->document.block[i];
        if (holds(s, b, "\\newcommand") || holds(s, b, "\\renewcommand") || holds(s, b, "\\providecommand") || holds(s, b, "\\def") || holds(s, b, "\\gdef") ||
            holds(s, b, "\\DeclareMath"))
            list[f->macro_count++] = i;
    }
    f->macro = list;
}

bool notes_file_open(notes_file *f, const char *path, document_kind kind)
{
    *f = (notes_file){.memory = arena_new(), .sources = source_set_new(), .path = path, .names = intern_new()};
    if (!document_read(&f->document, f->memory, f->sources, path, kind))
        return false;
    f->uses = arena_alloc(f->memory, ((size_t)f->document.block_count + 1) * sizeof *f->uses);
    memset(f->uses, 0, ((size_t)f->document.block_count + 1) * sizeof *f->uses);
    find_macros(f);
    return true;
}

void notes_file_close(notes_file *f)
{
    if (f->sources)
        source_set_free(f->sources);
    if (f->names)
        intern_free(f->names);
    if (f->memory)
        arena_free(f->memory);
    free(f->last);
    *f = (notes_file){0};
}

/* --- what earlier parts define --- */

static int last_block(const notes_file *f, sym name)
{
    return name > 0 && name < f->last_capacity ? f->last[name] : -1;
}

static void set_last(notes_file *f, sym name, int block)
{
    if (name >= f->last_capacity) {
        int capacity = 2 * name + 64;
        f->last = xrealloc(f->last, (size_t)capacity * sizeof *f->last);
        for (int i = f->last_capacity; i < capacity; i++)
            f->last[i] = -1;
        f->last_capacity = capacity;
    }
    f->last[name] = block;
}

typedef struct {
    const notes *n;
    intern *names;
    sym list[200];
    int count;
} name_collector;

static void add_name(name_collector *c, sym name)
{
    for (int i = 0; i < c->count; i++)
        if (c->list[i] == name)
            return;
    if (c->count < 200)
        c->list[c->count++] = name;
}

static void see_name(void *context, const syn *s, const syn *parent, int place)
{
    name_collector *c = context;
    bool index = parent && ((parent->kind == SYN_INDEX && place > 0) || parent->kind == SYN_FAMILY);
    if ((s->kind == SYN_NAME || s->kind == SYN_FAMILY) && s->name && !index)
        add_name(c, intern_puts(c->names, intern_text(c->n->names, s->name)));
}

static void names_of_item(name_collector *c, const note_item *i)
{
    if (i->left)
        see_name(c, i->left, NULL, 0), notes_visit(i->left, see_name, c);
    if (i->right)
        see_name(c, i->right, NULL, 0), notes_visit(i->right, see_name, c);
}

/* The definitions of a part, for the parts behind it. */
static void remember(notes_file *f, const notes *n)
{
    for (int d = 0; d < n->definition_count; d++) {
        const note_definition *e = &n->definition[d];
        if (e->item < 0 || e->label || e->set || e->other || n->item[e->item].imported)
            continue;
        int block = n->block_number[n->item[e->item].block];
        if (e->parameters && notes_is_function(n, e->name) && f->function_count < 256) {
            bool known = false;
            for (int k = 0; k < f->function_count && !known; k++)
                known = f->function[k] == intern_puts(f->names, intern_text(n->names, e->name));
            if (!known)
                f->function[f->function_count++] = intern_puts(f->names, intern_text(n->names, e->name));
        }
        set_last(f, intern_puts(f->names, intern_text(n->names, e->name)), block);
        if (f->uses[block].list)
            continue;
        name_collector c = {.n = n, .names = f->names};
        for (int k = e->item; k < n->item_count && n->item[k].block == n->item[e->item].block; k++)
            names_of_item(&c, &n->item[k]);
        f->uses[block].list = arena_alloc(f->memory, ((size_t)c.count + 1) * sizeof *c.list);
        memcpy(f->uses[block].list, c.list, (size_t)c.count * sizeof *c.list);
        f->uses[block].count = c.count;
    }
}

static sym left_name(const note_item *i)
{
    const syn *left = i->step == 1 && i->right && !i->label ? i->left : NULL;
    if (left && left->kind == SYN_PRODUCT && left->count == 2)
        left = left->child[0];
    if (left && left->kind == SYN_INDEX)
        left = left->child[0];
    return left && (left->kind == SYN_NAME || left->kind == SYN_FAMILY) ? left->name : 0;
}

static bool add_block(int *list, int *count, int block)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == block)
            return false;
    if (*count < MOST_IMPORTS)
        list[(*count)++] = block;
    return true;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

typedef struct {
    const char *name;
    const notes *n;
    bool applied, alone;
} function_use;

static void see_use(void *context, const syn *s, const syn *parent, int place)
{
    function_use *u = context;
    if (s->kind != SYN_NAME || strcmp(intern_text(u->n->names, s->name), u->name) != 0)
        return;
    bool called =
        parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && parent->text[place + 1] == ' ' && notes_argument(parent->child[place + 1]);
    bool primed = parent && parent->kind == SYN_PRIME;
    u->applied |= called || primed;
    u->alone |= !called && !primed;
}

/* σ(z), σ′, and never a bare σ. */
static bool is_applied(const notes *n, const char *name)
{
    function_use u = {.name = name, .n = n};
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->left)
            see_use(&u, i->left, NULL, 0), notes_visit(i->left, see_use, &u);
        if (i->right)
            see_use(&u, i->right, NULL, 0), notes_visit(i->right, see_use, &u);
    }
    return u.applied && !u.alone;
}

/* Across chapters only functions keep their meaning: x and z are used for something else in each. */
static bool carries_over(const notes_file *f, const notes *n, sym name, int block, int before)
{
    if (f->document.block[block].chapter == f->document.block[before].chapter)
        return true;
    for (int k = 0; k < f->function_count; k++)
        if (f->function[k] == name)
            return is_applied(n, intern_text(f->names, name));
    return false;
}

/* Blocks of earlier parts that define what this part uses, and what those use. */
static int find_imports(notes_file *f, const notes *n, int before, int *list)
{
    name_collector used = {.n = n, .names = f->names}, own = {.n = n, .names = f->names};
    int count = 0;
    for (int k = 0; k < n->item_count; k++) {
        names_of_item(&used, &n->item[k]);
        sym name = left_name(&n->item[k]);
        if (name)
            add_name(&own, intern_puts(f->names, intern_text(n->names, name)));
    }
    for (int i = 0; i < used.count; i++) {
        bool mine = false;
        for (int k = 0; k < own.count && !mine; k++)
            mine = own.list[k] == used.list[i];
        int block = mine ? -1 : last_block(f, used.list[i]);
        if (block >= 0 && block < before && carries_over(f, n, used.list[i], block, before))
            add_block(list, &count, block);
    }
    for (int i = 0; i < count; i++) /* the list grows */
        for (int k = 0; k < f->uses[list[i]].count; k++) {
            int block = last_block(f, f->uses[list[i]].list[k]);
            if (block >= 0 && block < before && carries_over(f, n, f->uses[list[i]].list[k], block, before))
                add_block(list, &count, block);
        }
    qsort(list, (size_t)count, sizeof *list, by_number);
    return count;
}

/* --- the parts --- */

static int displayed(const document *d, int from, int to)
{
    int count = 0;
    for (int i = from; i < to; i++)
        count += !d->block[i].inline_;
    return count;
}

/* Where the part that begins at `from` ends. */
static int part_end(const document *d, int from)
{
    int shown = !d->block[from].inline_;
    if (displayed(d, 0, d->block_count) <= WHOLE)
        return d->block_count;
    for (int i = from + 1; i < d->block_count; i++) {
        bool chapter = d->block[i].chapter != d->block[from].chapter, heading = d->block[i].heading != d->block[i - 1].heading;
        if (chapter || (heading && shown >= LONG_PART) || (i - from >= LONGEST_PART && d->block[i].prose))
            return i;
        shown += !d->block[i].inline_;
    }
    return d->block_count;
}

static void read_part(notes_file *f, int from, int to, notes *n)
{
    int imports[MOST_IMPORTS], *list = xmalloc(((size_t)(to - from) + MOST_IMPORTS) * sizeof *list);
    for (int i = from; i < to; i++)
        list[i - from] = i;
    notes_open_part(n, f, list, to - from, 0);
    int count = from > 0 ? find_imports(f, n, from, imports) : 0;
    if (count) {
        notes_close(n);
        memcpy(list, imports, (size_t)count * sizeof *list);
        for (int i = from; i < to; i++)
            list[count + i - from] = i;
        notes_open_part(n, f, list, count + to - from, count);
    }
    free(list);
}

void notes_each_part(notes_file *f, void (*take)(void *context, notes *n), void *context)
{
    int count = f->document.block_count;
    for (int from = 0, to; from < count || from == 0; from = to) {
        notes n;
        to = count ? part_end(&f->document, from) : 1;
        read_part(f, from, count ? to : 0, &n);
        notes_run(&n);
        take(context, &n);
        remember(f, &n);
        notes_close(&n);
    }
}
