/* With --jobs: the pages that a pass over the items will ask about are decided ahead, by helpers side by side. A helper makes the pass for its share of the
 * items on a copy of the document as it stands, and tells what each page's process answered. The pass itself is made afterwards, item by item, and finds most
 * answers here: it says the same as without helpers, as a page's answer depends on its text alone. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/child.h"
#include "gen/prove/table.h"
#include "gen/tool/notes.h"

enum { MOST_HELPERS = 64 };

typedef struct {
    int item, status;
    bool quick;
    double seconds;
    size_t page, said; /* lengths of what follows */
} told;

typedef struct {
    told head;
    const char *page, *said;
    int next; /* of the same hash; −1 */
} answer;

struct notes_answers {
    buffer all[MOST_HELPERS]; /* what the helpers said */
    table by_hash;
    answer *list;
    int count, capacity;
    int out; /* in a helper: where to tell; else −1 */
};

static int64_t hash_of(int item, bool quick, const char *text, size_t length)
{
    uint64_t h = prove_mix((uint64_t)item * 2 + quick);
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (int64_t)prove_mix(h);
}

static void put_page(const notes *n, const syn *file, buffer *out)
{
    syn_print(out, file, n->names, 1);
}

/* --- in a helper --- */

void notes_tell_ahead(notes *n, const syn *file, bool quick, const child_process *x, int status)
{
    if (!n->answers || n->answers->out < 0)
        return;
    buffer text = {0}, all = {0};
    put_page(n, file, &text);
    told head = {.item = n->timed, .status = status, .quick = quick, .seconds = x->seconds, .page = text.length, .said = x->said.length};
    buffer_add(&all, (const char *)&head, sizeof head);
    buffer_add(&all, text.text, text.length);
    buffer_add(&all, x->said.text, x->said.length);
    child_write(n->answers->out, all.text, all.length);
    buffer_free(&text);
    buffer_free(&all);
}

static void help(notes *n, void (*one)(notes *n, int item), int which, int helpers, int out)
{
    struct notes_answers told_here = {.out = out};
    n->answers = &told_here;
    for (int k = which; k < n->item_count; k += helpers)
        one(n, k);
    _exit(0);
}

/* --- what helpers said --- */

static void add_answer(notes *n, const answer *a)
{
    struct notes_answers *all = n->answers;
    int64_t hash = hash_of(a->head.item, a->head.quick, a->page, a->head.page);
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 64;
        all->list = xrealloc(all->list, (size_t)all->capacity * sizeof *all->list);
    }
    int at = table_add(&all->by_hash, 1, &hash);
    all->list[all->count] = *a;
    all->list[all->count].next = all->by_hash.entry[at].value;
    all->by_hash.entry[at].value = all->count++;
}

static void read_answers(notes *n, const buffer *said)
{
    for (size_t at = 0; at + sizeof(told) <= said->length;) {
        answer a;
        memcpy(&a.head, said->text + at, sizeof a.head);
        at += sizeof a.head;
        if (a.head.page > said->length - at || a.head.said > said->length - at - a.head.page)
            return; /* it ended in the middle */
        a.page = said->text + at;
        a.said = a.page + a.head.page;
        at += a.head.page + a.head.said;
        add_answer(n, &a);
    }
}

bool notes_foreseen(notes *n, const syn *file, bool quick, child_process *x, int *status)
{
    if (BROKEN("only ahead") && !n->answers)
        abort(); /* the tests ask whether helpers decide anything */
    if (!n->answers || n->answers->out >= 0 || n->answers->count == 0)
        return false;
    buffer text = {0};
    put_page(n, file, &text);
    int64_t hash = hash_of(n->timed, quick, text.text, text.length);
    int entry = table_find(&n->answers->by_hash, 1, &hash);
    const answer *found = NULL;
    for (int i = entry < 0 ? -1 : n->answers->by_hash.entry[entry].value; i >= 0 && !found; i = n->answers->list[i].next) {
        const answer *a = &n->answers->list[i];
        if (a->head.item == n->timed && a->head.quick == quick && a->head.page == text.length && memcmp(a->page, text.text, text.length) == 0)
            found = a;
    }
    buffer_free(&text);
    if (!found)
        return false;
    *x = (child_process){.seconds = found->head.seconds, .said = {.text = (char *)found->said, .length = found->head.said}};
    *status = found->head.status;
    return true;
}

static void forget(notes *n)
{
    for (int i = 0; i < MOST_HELPERS; i++)
        buffer_free(&n->answers->all[i]);
    table_free(&n->answers->by_hash);
    free(n->answers->list);
    free(n->answers);
    n->answers = NULL;
}

/* Hears all helpers to their ends. */
static void hear_all(child_process *list, int helpers)
{
    for (int running = helpers; running > 0;) {
        struct pollfd watched[MOST_HELPERS];
        for (int i = 0; i < helpers; i++)
            watched[i] = (struct pollfd){.fd = list[i].process ? list[i].pipe : -1, .events = POLLIN};
        if (poll(watched, (nfds_t)helpers, -1) < 0)
            continue;
        running = 0;
        for (int i = 0; i < helpers; i++) {
            int status = 0;
            if (list[i].process && watched[i].revents)
                child_hear(&list[i], &status);
            running += list[i].process != 0;
        }
    }
}

void notes_pass(notes *n, void (*one)(notes *n, int item))
{
    int helpers = n->jobs > MOST_HELPERS ? MOST_HELPERS : n->jobs;
    child_process list[MOST_HELPERS];
    if (helpers > 1 && n->item_count > 1) {
        for (int i = 0; i < helpers; i++) {
            int out;
            if (child_start(&list[i], i, &out))
                help(n, one, i, helpers, out);
        }
        hear_all(list, helpers);
        n->answers = xcalloc(1, sizeof *n->answers);
        n->answers->out = -1;
        for (int i = 0; i < helpers; i++) {
            n->answers->all[i] = list[i].said;
            read_answers(n, &n->answers->all[i]);
        }
    }
    for (int k = 0; k < n->item_count; k++)
        one(n, k);
    if (n->answers)
        forget(n);
}
