/* Verdicts for machines that run checks: JUnit (one test case per claim) and SARIF 2.1.0 (one result per claim that is not good, and per error and warning). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/check.h"
#include "gen/tool/commands.h"
#include "gen/tool/output.h"

typedef struct {
    const char *file;
    int line, column;
    const char *claim, *verdict; /* claim NULL: an error (verdict "error") or a warning of the page */
    bool good;
    const char *message; /* or NULL */
} entry;

struct check_log {
    arena *memory;
    entry *list;
    int count;
};

check_log *check_log_new(void)
{
    check_log *log = xcalloc(1, sizeof *log);
    log->memory = arena_new();
    return log;
}

void check_log_free(check_log *log)
{
    if (!log)
        return;
    arena_free(log->memory);
    free(log->list);
    free(log);
}

/* A text of the object, copied; NULL when there is none. */
static const char *text_of(check_log *log, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? arena_printf(log->memory, "%s", text) : NULL;
}

static void add(check_log *log, entry e)
{
    log->list = xrealloc(log->list, (size_t)(log->count + 1) * sizeof *log->list);
    log->list[log->count++] = e;
}

/* What is said of a claim: the verdict and why. */
static const char *message_of(check_log *log, const json_t *claim, const char *expected, bool good)
{
    static const char *const parts[][2] = {{"reason", ": "}, {"shapes", ": "}, {"diagnosis", ": "}, {"suggestion", "; true is "}};
    buffer b = {0};
    bool vacuous = json_string_value(json_object_get(claim, "condition")) && strcmp(json_string_value(json_object_get(claim, "condition")), "vacuous") == 0;
    buffer_puts(&b, vacuous ? "vacuous" : json_string_value(json_object_get(claim, "verdict")));
    if (expected && !good)
        buffer_printf(&b, ", expected %s", expected);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *text = json_string_value(json_object_get(claim, parts[i][0]));
        bool again = i == 2 && json_object_get(claim, "shapes");
        if (text && !again)
            buffer_printf(&b, "%s%s", parts[i][1], text);
    }
    const char *whole = arena_printf(log->memory, "%s", b.text);
    buffer_free(&b);
    return whole;
}

static void add_claim(check_log *log, const char *file, const json_t *claim)
{
    const char *said = text_of(log, claim, "verdict"), *text = text_of(log, claim, "claim"), *expected = text_of(log, claim, "expected");
    if (!said) /* a line of a document that claims nothing */
        return;
    bool good = strcmp(said, expected ? expected : "proved") == 0;
    add(log, (entry){file, (int)json_integer_value(json_object_get(claim, "line")), (int)json_integer_value(json_object_get(claim, "column")), text ? text : "",
                     said, good, message_of(log, claim, expected, good)});
}

static void add_messages(check_log *log, const char *file, const json_t *list, bool error)
{
    size_t i;
    json_t *g;
    json_array_foreach(list, i, g)
        add(log, (entry){file, (int)json_integer_value(json_object_get(g, "line")), (int)json_integer_value(json_object_get(g, "column")), NULL,
                         error ? "error" : "warning", !error, text_of(log, g, "message")});
}

void check_log_file(check_log *log, const json_t *file)
{
    const char *path = text_of(log, file, "file");
    size_t i;
    json_t *claim;
    json_array_foreach(json_object_get(file, "claims"), i, claim) add_claim(log, path, claim);
    add_messages(log, path, json_object_get(file, "errors"), true);
    add_messages(log, path, json_object_get(file, "warnings"), false);
}

/* --- JUnit --- */

/* Characters that XML 1.0 cannot hold are left out. */
static void put_xml(buffer *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            buffer_puts(out, "&amp;");
        else if (c == '<')
            buffer_puts(out, "&lt;");
        else if (c == '>')
            buffer_puts(out, "&gt;");
        else if (c == '"')
            buffer_puts(out, "&quot;");
        else if (c == '\n' || c == '\t')
            buffer_puts(out, " ");
        else if (c >= 32)
            buffer_add(out, text, 1);
    }
}

static void put_case(buffer *out, const entry *e)
{
    buffer_puts(out, "    <testcase classname=\"");
    put_xml(out, e->file);
    buffer_printf(out, "\" name=\"line %d: ", e->line);
    put_xml(out, e->claim ? e->claim : e->message);
    buffer_puts(out, e->good ? "\"/>\n" : "\">\n");
    if (e->good)
        return;
    buffer_printf(out, "      <%s type=\"%s\" message=\"", e->claim ? "failure" : "error", e->verdict);
    put_xml(out, e->message ? e->message : e->verdict);
    buffer_puts(out, "\"/>\n    </testcase>\n");
}

/* One suite for each file, in order; warnings are no tests. */
int check_log_junit(const check_log *log, const char *path)
{
    buffer out = {0};
    buffer_puts(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (int i = 0; i < log->count;) {
        int end = i, tests = 0, failures = 0, errors = 0;
        for (; end < log->count && strcmp(log->list[end].file, log->list[i].file) == 0; end++) {
            const entry *e = &log->list[end];
            tests += e->claim || !e->good;
            failures += e->claim && !e->good;
            errors += !e->claim && !e->good;
        }
        buffer_puts(&out, "  <testsuite name=\"");
        put_xml(&out, log->list[i].file);
        buffer_printf(&out, "\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"0\">\n", tests, failures, errors);
        for (; i < end; i++)
            if (log->list[i].claim || !log->list[i].good)
                put_case(&out, &log->list[i]);
        buffer_puts(&out, "  </testsuite>\n");
    }
    buffer_puts(&out, "</testsuites>\n");
    int status = write_file(path, out.text, out.length);
    buffer_free(&out);
    return status;
}

/* --- SARIF --- */

static const struct {
    const char *id, *level, *text;
} rules[] = {{"refuted", "error", "A claim is false: there is a point where its sides differ."},
             {"undecided", "warning", "A claim was neither proved nor refuted."},
             {"not understood", "warning", "A line could not be read as mathematics."},
             {"proved", "error", "A claim was proved, though another verdict was expected."},
             {"error", "error", "The page cannot be read here."},
             {"warning", "warning", "The page can be read in more than one way, or says something odd."}};

static json_t *sarif_rules(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        json_array_append_new(list, json_pack("{ss s{ss}}", "id", rules[i].id, "shortDescription", "text", rules[i].text));
    return list;
}

/* A path as a relative reference of a URI: bytes that it cannot hold are written %XX. */
static json_t *uri_of(const char *path)
{
    buffer b = {0};
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("/-._~", c);
        buffer_printf(&b, plain ? "%c" : "%%%02X", c);
    }
    json_t *uri = json_string(b.text);
    buffer_free(&b);
    return uri;
}

static json_t *sarif_result(const entry *e)
{
    int rule = 0;
    while (strcmp(rules[rule].id, e->verdict) != 0)
        rule++;
    buffer text = {0};
    buffer_printf(&text, e->claim ? "%s: %s" : "%s%s", e->claim ? e->claim : "", e->message ? e->message : e->verdict);
    json_t *place = json_pack("{s{s{so} s{si si}}}", "physicalLocation", "artifactLocation", "uri", uri_of(e->file), "region", "startLine", e->line,
                              "startColumn", e->column);
    json_t *result = json_pack("{ss si ss s{so} s[o]}", "ruleId", rules[rule].id, "ruleIndex", rule, "level", rules[rule].level, "message", "text",
                               json_string(text.text), "locations", place);
    buffer_free(&text);
    return result;
}

int check_log_sarif(const check_log *log, const char *path)
{
    json_t *results = json_array();
    for (int i = 0; i < log->count; i++)
        if (!log->list[i].good || !log->list[i].claim)
            json_array_append_new(results, sarif_result(&log->list[i]));
    json_t *driver = json_pack("{ss ss so}", "name", "deltac", "version", DELTAC_VERSION, "rules", sarif_rules());
    json_t *root = json_pack("{ss ss s[{s{so} ss so}]}", "$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs", "tool",
                             "driver", driver, "columnKind", "unicodeCodePoints", "results", results);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    buffer out = {0};
    buffer_printf(&out, "%s\n", text);
    free(text);
    int status = write_file(path, out.text, out.length);
    buffer_free(&out);
    return status;
}
