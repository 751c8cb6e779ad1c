#include "gen/tool/claim_cache.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gen/prove/verdict_bytes.h"
#include "gen/tool/cache.h"
#include "gen/tool/lsp.h"
#include "gen/tool/output.h"

enum { KEEP_DAYS = 30, LOOK_EVERY = 256 }; /* old files are looked for once in so many writes */

struct claim_keys {
    const page *p;
    char *folder;
    int count;
    buffer *narrow, *wide; /* by claim: what a proof depends on, what any verdict does */
};

/* Another program may decide otherwise. */
static void put_program(buffer *out, const check_options *o)
{
    struct stat st;
    buffer_printf(out, "deltac claim 1, at values %d, repairs %d", o->at_values, o->hints >= HINTS_KIND);
    if (stat("/proc/self/exe", &st) == 0)
        buffer_printf(out, ", program %lld %lld.%09ld %llu", (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                      (unsigned long long)st.st_ino);
    buffer_puts(out, "\n");
}

claim_keys *claim_keys_new(const page *p, const check_options *o)
{
    char *folder = cache_folder(p->memory, "claims");
    if (o->no_cache || o->why || p->model->claim_count == 0 || !cache_make(folder) || !cache_is_own(folder))
        return NULL;
    claim_keys *k = xcalloc(1, sizeof *k);
    *k = (claim_keys){.p = p, .folder = folder, .count = p->model->claim_count};
    k->narrow = xcalloc((size_t)k->count, sizeof *k->narrow);
    k->wide = xcalloc((size_t)k->count, sizeof *k->wide);
    for (int i = 0; i < k->count; i++) {
        if (!p->model->claim[i].left || !p->model->claim[i].right)
            continue; /* sides of different shape: nothing to decide */
        put_program(&k->narrow[i], o);
        lsp_claim_premises(p, i, false, &k->narrow[i]);
        put_program(&k->wide[i], o);
        buffer_puts(&k->wide[i], "all names\n");
        lsp_claim_premises(p, i, true, &k->wide[i]);
    }
    return k;
}

void claim_keys_free(claim_keys *k)
{
    if (!k)
        return;
    for (int i = 0; i < k->count; i++) {
        buffer_free(&k->narrow[i]);
        buffer_free(&k->wide[i]);
    }
    free(k->narrow);
    free(k->wide);
    free(k);
}

static char *path_of(const claim_keys *k, const buffer *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < key->length; i++)
        h = (h ^ (unsigned char)key->text[i]) * UINT64_C(0x100000001b3);
    return arena_printf(k->p->memory, "%s/%016llx", k->folder, (unsigned long long)h);
}

static bool read_whole(const char *path, buffer *out)
{
    char part[4096];
    FILE *f = fopen(path, "rb");
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
        buffer_add(out, part, n);
    if (f)
        fclose(f);
    return f != NULL;
}

static bool get(const claim_keys *k, const buffer *key, verdict *out)
{
    buffer file = {0};
    verdict v;
    bool good = key->length && read_whole(path_of(k, key), &file) && file.length > key->length && memcmp(file.text, key->text, key->length) == 0 &&
                verdict_read(k->p->memory, file.text + key->length, file.length - key->length, &v);
    if (good)
        *out = v;
    buffer_free(&file);
    return good;
}

bool claim_cache_get(const claim_keys *k, int claim, verdict *out)
{
    return k && (get(k, &k->narrow[claim], out) || get(k, &k->wide[claim], out));
}

static void forget_old(const claim_keys *k)
{
    DIR *d = opendir(k->folder);
    time_t now = time(NULL);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        char *path = arena_printf(k->p->memory, "%s/%s", k->folder, e->d_name);
        if (e->d_name[0] != '.' && stat(path, &st) == 0 && now - st.st_mtime > (time_t)KEEP_DAYS * 24 * 3600)
            unlink(path);
    }
    if (d)
        closedir(d);
}

/* A cache that cannot be written is no error: the next run decides again. */
void claim_cache_put(const claim_keys *k, int claim, const verdict *v)
{
    const buffer *key = !k ? NULL : v->kind == VERDICT_PROVED ? &k->narrow[claim] : &k->wide[claim];
    if (!key || !key->length)
        return;
    buffer file = {0};
    buffer_add(&file, key->text, key->length);
    verdict_write(&file, v);
    if (output_write(path_of(k, key), file.text, file.length) && getpid() % LOOK_EVERY == 0)
        forget_old(k);
    buffer_free(&file);
}
