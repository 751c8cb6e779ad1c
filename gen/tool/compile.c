#include "gen/tool/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/emit.h"
#include "gen/tool/cache.h"
#include "gen/tool/output.h"

static int machine_failed(const char *what, const char *path)
{
    fprintf(stderr, "deltac: %s `%s`: %s\n", what, path, strerror(errno));
    return STATUS_MACHINE;
}

/* --- where the runtime is: beside the program in the build directory, or in ../lib and ../include when installed (seen from lib/deltac: in .. and ../../include) --- */

static bool exists(const char *path)
{
    return access(path, R_OK) == 0;
}

/* libdelta.link, beside the library: flags that every program needs, as the library was built with OpenBLAS and libmvec or without. */
static char *link_flags(arena *memory, const char *library)
{
    char text[1024] = "";
    char *path = arena_printf(memory, "%.*s.link", (int)(strlen(library) - 2), library);
    FILE *f = fopen(path, "r");
    if (f && !fgets(text, sizeof text, f))
        text[0] = 0;
    if (f)
        fclose(f);
    text[strcspn(text, "\n")] = 0;
    return arena_printf(memory, "%s", text);
}

static bool find_runtime(arena *memory, char **library, char **include)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return false;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return false;
    *slash = 0;
    static const char *const place[][2] = {{"", "/include"}, {"/../lib", "/../include"}, {"/..", "/../../include"}};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        *library = arena_printf(memory, "%s%s/libdelta.a", self, place[i][0]);
        *include = arena_printf(memory, "%s%s", self, place[i][1]);
        if (exists(*library))
            return true;
    }
    return false;
}

/* --- the compiler --- */

typedef struct {
    char *list[64];
    int count;
} words;

static void add_word(words *w, char *text)
{
    if (w->count < 63)
        w->list[w->count++] = text;
}

static void add_words(arena *memory, words *w, const char *text)
{
    char *rest = arena_printf(memory, "%s", text);
    for (char *word; (word = strtok_r(rest, " \t", &rest));)
        add_word(w, word);
}

static void split_compiler(arena *memory, words *w)
{
    const char *cc = getenv("CC");
    add_words(memory, w, cc ? cc : "");
    if (!w->count)
        add_word(w, arena_printf(memory, "cc"));
}

static void add_flags(words *w, const compile_options *o)
{
    static char *const flags[] = {"-std=c99", "-pipe", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", NULL};
    for (int i = 0; flags[i]; i++)
        add_word(w, flags[i]);
    add_word(w, o->serve ? "-O1" : "-O3");
    if (!o->portable)
        add_word(w, "-march=native");
#if defined(__x86_64__)
    if (!o->portable)
        add_word(w, "-mprefer-vector-width=512"); /* where there is AVX-512: exp and its like do eight at once */
#endif
    if (o->shared)
        add_word(w, "-shared"), add_word(w, "-fPIC");
}

/* --- the C compiler runs, and signals that end deltac end it too, so that what was written for it can be removed --- */

typedef struct {
    sigset_t watched, before;
    int caught; /* the signal that came while it ran; 0 */
} stop_watch;

/* Until watch_end signals wait, but those that the caller ignores. */
static void watch_begin(stop_watch *w)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction now;
    w->caught = 0;
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&w->watched);
    sigaddset(&w->watched, SIGCHLD);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&w->watched, ending[i]);
    sigprocmask(SIG_BLOCK, &w->watched, &w->before);
}

static void watch_end(const stop_watch *w)
{
    sigprocmask(SIG_SETMASK, &w->before, NULL);
    if (w->caught)
        raise(w->caught);
}

/* The child's status as of waitpid(2); −1 and errno. */
static int wait_for(pid_t child, stop_watch *watch)
{
    int status;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            return status;
        if (ended < 0 && errno != EINTR)
            return -1;
        int number = sigwaitinfo(&watch->watched, NULL);
        if (number > 0 && number != SIGCHLD) {
            watch->caught = number;
            kill(child, number);
        }
    }
}

static int run(const words *w, stop_watch *watch)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return machine_failed("cannot start", w->list[0]);
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &watch->before, NULL);
        execvp(w->list[0], w->list);
        fprintf(stderr, "deltac: cannot start the C compiler `%s`: %s\n", w->list[0], strerror(errno));
        fprintf(stderr, "hint: install one (apt-get install gcc), or name it in the environment: CC=clang\n");
        _exit(127);
    }
    int status = wait_for(child, watch);
    if (status == -1)
        return machine_failed("waiting for", w->list[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (!watch->caught && (!WIFEXITED(status) || WEXITSTATUS(status) != 127))
        fprintf(stderr, "deltac: the C compiler `%s` failed on the generated program\n", w->list[0]);
    return STATUS_MACHINE;
}

/* --- text --- */

int compile_prepare(page *p, const page_options *po)
{
    if (!p->diagnostics.errors)
        calculus_train(p->model);
    if (p->diagnostics.errors)
        page_report(p, po);
    return p->diagnostics.errors ? STATUS_UNUSABLE : 0;
}

typedef struct {
    char *name;
    buffer c, h;
    char *library, *include, *link; /* the runtime: archive, folder of delta.h, further flags */
} generated;

static int generate(page *p, const compile_options *o, const page_options *po, generated *g)
{
    const char *path = source_get(p->sources, p->source)->path;
    int status = compile_prepare(p, po);
    if (status)
        return status;
    g->name = emit_name(p->memory, path);
    emit_options e = {.name = g->name, .page = path, .single = o->single, .batch = o->batch, .in_segments = o->in_segments};
    e.memory = o->serve ? 0 : po->memory;
    e.segments = o->serve && po->memory > 0;
    status = emit_c(p->model, &e, &g->c, &g->h);
    page_report(p, po);
    if (status)
        return status;
    if (find_runtime(p->memory, &g->library, &g->include)) {
        g->link = link_flags(p->memory, g->library);
        return 0;
    }
    fprintf(stderr, "deltac: the runtime library libdelta.a is neither beside the program nor in ../lib\n");
    return STATUS_MACHINE;
}

/* Compiles in a directory of its own, then moves the result to `program`. */
typedef struct {
    char *folder, *c, *h, *main_c, *out; /* `out` stands beside the program, so that it can be renamed */
} work_files;

static int start_compiler(page *p, const compile_options *o, const generated *g, const work_files *f, stop_watch *watch)
{
    words w = {0};
    split_compiler(p->memory, &w);
    add_flags(&w, o);
    char *const head[] = {"-I", g->include, "-I", f->folder, "-o", f->out, NULL}, *const program[] = {f->main_c, g->library, "-lz", "-lm", NULL};
    char *const shared[] = {f->c, "-Wl,--whole-archive", g->library, "-Wl,--no-whole-archive", "-lz", "-lm", NULL};
    for (int i = 0; head[i]; i++)
        add_word(&w, head[i]);
    for (char *const *word = o->shared ? shared : program; *word; word++)
        add_word(&w, *word);
    add_words(p->memory, &w, g->link);
    return run(&w, watch);
}

static int compile_in(page *p, const compile_options *o, const generated *g, const char *program, char *folder, stop_watch *watch)
{
    arena *a = p->memory;
    const work_files f = {folder, arena_printf(a, "%s/%s.c", folder, g->name), arena_printf(a, "%s/%s.h", folder, g->name),
                          arena_printf(a, "%s/main.c", folder), arena_printf(a, "%s.tmp%ld", program, (long)getpid())};
    buffer main_text = {0};
    (o->serve ? emit_serve : emit_main)(g->name, &main_text);
    int status = write_file(f.c, g->c.text, g->c.length);
    status = status ? status : write_file(f.h, g->h.text, g->h.length);
    status = status ? status : write_file(f.main_c, main_text.text, main_text.length);
    status = status ? status : start_compiler(p, o, g, &f, watch);
    if (!status && rename(f.out, program) != 0)
        status = machine_failed("cannot write", program);
    unlink(f.out), unlink(f.c), unlink(f.h), unlink(f.main_c);
    buffer_free(&main_text);
    return status;
}

static int compile_text(page *p, const compile_options *o, const generated *g, const char *program)
{
    const char *base = getenv("TMPDIR");
    char *folder = arena_printf(p->memory, "%s/deltac-XXXXXX", base && *base ? base : "/tmp"), *place = output_place(program);
    stop_watch watch;
    int status;
    if (!place) {
        fprintf(stderr, "deltac: cannot write `%s`: it is no file\n", program);
        return STATUS_MACHINE;
    }
    watch_begin(&watch);
    if (mkdtemp(folder)) {
        status = compile_in(p, o, g, place, folder, &watch);
        rmdir(folder);
    } else {
        status = machine_failed("cannot make a directory", folder);
    }
    watch_end(&watch);
    free(place);
    return status;
}

int compile_program(page *p, const compile_options *o, const page_options *po, const char *program)
{
    generated g = {0};
    int status = generate(p, o, po, &g);
    if (!status)
        status = compile_text(p, o, &g, program);
    buffer_free(&g.c);
    buffer_free(&g.h);
    return status;
}

/* --- the cache --- */

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t count)
{
    const unsigned char *b = bytes; /* FNV-1a, 64 bits */
    for (size_t i = 0; i < count; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}
static uint64_t hash_text(uint64_t h, const char *text)
{
    return hash_bytes(h, text, strlen(text) + 1);
}

/* What -march=native may depend on. */
static uint64_t hash_cpu(uint64_t h)
{
    char line[8192];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) == 0 || strncmp(line, "flags", 5) == 0 || strncmp(line, "Features", 8) == 0)
            h = hash_text(h, line);
        if (line[0] == '\n')
            break;
    }
    if (f)
        fclose(f);
    return h;
}

static uint64_t hash_stat(uint64_t h, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return h;
    h = hash_bytes(h, &st.st_size, sizeof st.st_size);
    return hash_bytes(h, &st.st_mtim, sizeof st.st_mtim);
}

/* Programs from the cache are started: a folder that somebody else can write to is refused. */
static int check_folder(const char *folder)
{
    if (cache_is_own(folder))
        return 0;
    fprintf(stderr, "deltac: the cache `%s` belongs to somebody else or can be written by others\n", folder);
    fprintf(stderr, "hint: name another place in XDG_CACHE_HOME\n");
    return STATUS_MACHINE;
}

static uint64_t cache_key(page *p, const compile_options *o, const generated *g)
{
    words w = {0};
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    split_compiler(p->memory, &w);
    add_flags(&w, o);
    for (int i = 0; i < w.count; i++)
        h = hash_text(h, w.list[i]);
    h = hash_bytes(h, g->c.text, g->c.length);
    h = hash_bytes(h, g->h.text, g->h.length);
    h = hash_stat(h, g->library);
    h = hash_text(h, g->link);
    return o->portable ? h : hash_cpu(h);
}

int compile_cached(page *p, const compile_options *o, const page_options *po, char **path)
{
    generated g = {0};
    int status = generate(p, o, po, &g);
    if (!status) {
        char *folder = cache_folder(p->memory, NULL);
        *path = arena_printf(p->memory, "%s/%s-%016llx", folder, g.name, (unsigned long long)cache_key(p, o, &g));
        if (!cache_make(folder)) {
            status = machine_failed("cannot make the cache", folder);
            fprintf(stderr, "hint: name another place for it in the environment: XDG_CACHE_HOME=…\n");
        } else if ((status = check_folder(folder)) == 0 && access(*path, X_OK) != 0)
            status = compile_text(p, o, &g, *path);
    }
    buffer_free(&g.c);
    buffer_free(&g.h);
    return status;
}
