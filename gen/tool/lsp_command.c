/* deltac lsp: messages in and out. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/commands.h"
#include "gen/tool/lsp.h"
#include "gen/tool/options.h"

enum { LONGEST_MESSAGE = 64 << 20, METHOD_NOT_FOUND = -32601, PARSE_ERROR = -32700, NOT_OPEN = -32602 };

static const char usage[] = "usage: deltac lsp\n"
                            "\n"
                            "The editor service, by the Language Server Protocol over standard input and output: verdicts while you write, repairs, shapes and\n"
                            "gradients under the cursor, formatting, \\sigma for σ. docs/editors.md tells how to set up VS Code and Neovim.\n"
                            "\n"
                            "Example: vim.lsp.start({cmd = {'deltac', 'lsp'}})\n";

typedef struct {
    lsp_document *list;
    int count;
    bool shutdown, leave;
} server;

/* --- transport --- */

static void send_message(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (text) {
        printf("Content-Length: %zu\r\n\r\n%s", strlen(text), text);
        fflush(stdout);
    }
    free(text);
    json_decref(message);
}

/* The next message's bytes; NULL at the end of input or after a header that cannot be read. */
static char *read_message(size_t *length)
{
    char header[256];
    long size = -1;
    while (fgets(header, sizeof header, stdin)) {
        if (strncasecmp(header, "Content-Length:", 15) == 0)
            size = strtol(header + 15, NULL, 10);
        if (strcmp(header, "\r\n") != 0 && strcmp(header, "\n") != 0)
            continue;
        if (size < 0 || size > LONGEST_MESSAGE)
            return NULL;
        char *text = xmalloc((size_t)size + 1);
        *length = fread(text, 1, (size_t)size, stdin);
        if (*length == (size_t)size)
            return text;
        free(text);
        return NULL;
    }
    return NULL;
}

static void answer(const json_t *id, json_t *result)
{
    send_message(json_pack("{ss sO so}", "jsonrpc", "2.0", "id", id, "result", result));
}

static void refuse(const json_t *id, int code, const char *message)
{
    send_message(json_pack("{ss so s{si ss}}", "jsonrpc", "2.0", "id", id ? json_incref((json_t *)id) : json_null(), "error", "code", code, "message", message));
}

/* --- documents --- */

static lsp_document *find_document(server *s, const json_t *params)
{
    const char *uri = json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
    for (int i = 0; uri && i < s->count; i++)
        if (strcmp(s->list[i].uri, uri) == 0)
            return &s->list[i];
    return NULL;
}

static void publish(const lsp_document *d)
{
    json_t *params = json_pack("{ssso}", "uri", d->uri, "diagnostics", lsp_diagnostics(d));
    send_message(json_pack("{ss ss so}", "jsonrpc", "2.0", "method", "textDocument/publishDiagnostics", "params", params));
}

/* file:///a%20b.delta is /a b.delta: what messages call the page. */
static char *path_of(const char *uri)
{
    const char *s = strncmp(uri, "file://", 7) == 0 ? uri + 7 : uri;
    char *path = xmalloc(strlen(s) + 1), *to = path;
    for (; *s; s++) {
        char digits[3] = {s[0] == '%' ? s[1] : 0, s[0] == '%' && s[1] ? s[2] : 0, 0}, *end = digits;
        long byte = digits[0] && digits[1] ? strtol(digits, &end, 16) : 0;
        if (end == digits + 2 && byte) {
            *to++ = (char)byte;
            s += 2;
        } else {
            *to++ = *s;
        }
    }
    *to = 0;
    return path;
}

static void open_document(server *s, const json_t *params)
{
    const json_t *item = json_object_get(params, "textDocument"), *text = json_object_get(item, "text");
    const char *uri = json_string_value(json_object_get(item, "uri"));
    if (!uri || !json_is_string(text))
        return;
    lsp_document *d = find_document(s, params);
    if (!d) {
        s->list = xrealloc(s->list, (size_t)(s->count + 1) * sizeof *s->list);
        d = &s->list[s->count++];
        *d = (lsp_document){.uri = xstrdup(uri), .path = path_of(uri)};
    }
    lsp_document_set(d, json_string_value(text), json_string_length(text));
    publish(d);
}

/* One change: the whole text, or a range of it. */
static void apply_change(lsp_document *d, const json_t *change)
{
    const json_t *range = json_object_get(change, "range"), *text = json_object_get(change, "text");
    if (!json_is_string(text))
        return;
    if (!range) {
        lsp_document_set(d, json_string_value(text), json_string_length(text));
        return;
    }
    size_t from = lsp_offset(d->text, d->length, json_object_get(range, "start")), to = lsp_offset(d->text, d->length, json_object_get(range, "end"));
    buffer b = {0};
    buffer_add(&b, d->text, from);
    buffer_add(&b, json_string_value(text), json_string_length(text));
    buffer_add(&b, d->text + (to > from ? to : from), d->length - (to > from ? to : from));
    lsp_document_set(d, b.text, b.length);
    buffer_free(&b);
}

static void change_document(server *s, const json_t *params)
{
    lsp_document *d = find_document(s, params);
    const json_t *changes = json_object_get(params, "contentChanges");
    for (size_t i = 0; d && i < json_array_size(changes); i++)
        apply_change(d, json_array_get(changes, i));
    if (d)
        publish(d);
}

static void close_document(server *s, const json_t *params)
{
    lsp_document *d = find_document(s, params);
    if (!d)
        return;
    lsp_document_close(d);
    *d = s->list[--s->count];
}

/* --- requests --- */

static json_t *capabilities(void)
{
    return json_pack("{s{s{sb si} sb sb sb s{s[s]} s{s[s]} sb} s{ss ss}}", "capabilities", "textDocumentSync", "openClose", 1, "change", 2, "hoverProvider", 1, "definitionProvider", 1,
                     "documentFormattingProvider", 1, "codeActionProvider", "codeActionKinds", "quickfix", "completionProvider", "triggerCharacters", "\\", "inlayHintProvider", 1,
                     "serverInfo", "name", "deltac", "version", "0.1");
}

static json_t *ask(lsp_document *d, const char *method, const json_t *params)
{
    if (strcmp(method, "textDocument/hover") == 0)
        return lsp_hover(d, params);
    if (strcmp(method, "textDocument/definition") == 0)
        return lsp_definition(d, params);
    if (strcmp(method, "textDocument/formatting") == 0)
        return lsp_formatting(d);
    if (strcmp(method, "textDocument/codeAction") == 0)
        return lsp_actions(d, params);
    if (strcmp(method, "textDocument/completion") == 0)
        return lsp_completion(d, params);
    if (strcmp(method, "textDocument/inlayHint") == 0)
        return lsp_inlay_hints(d);
    return NULL;
}

static void handle_request(server *s, const json_t *id, const char *method, const json_t *params)
{
    lsp_document *d = find_document(s, params);
    json_t *result = NULL;
    if (strcmp(method, "initialize") == 0) {
        result = capabilities();
    } else if (strcmp(method, "shutdown") == 0) {
        s->shutdown = true;
        result = json_null();
    } else if (d) {
        result = ask(d, method, params);
    } else if (strncmp(method, "textDocument/", 13) == 0) {
        refuse(id, NOT_OPEN, "this document is not open");
        return;
    }
    if (result)
        answer(id, result);
    else
        refuse(id, METHOD_NOT_FOUND, "deltac does not know this method");
}

static void handle_notice(server *s, const char *method, const json_t *params)
{
    if (strcmp(method, "exit") == 0)
        s->leave = true;
    else if (strcmp(method, "textDocument/didOpen") == 0)
        open_document(s, params);
    else if (strcmp(method, "textDocument/didChange") == 0)
        change_document(s, params);
    else if (strcmp(method, "textDocument/didClose") == 0)
        close_document(s, params);
}

static void handle(server *s, const char *text, size_t length)
{
    json_t *message = json_loadb(text, length, 0, NULL);
    const json_t *id = json_object_get(message, "id"), *params = json_object_get(message, "params");
    const char *method = json_string_value(json_object_get(message, "method"));
    if (!message)
        refuse(NULL, PARSE_ERROR, "this message is no JSON");
    else if (method && id)
        handle_request(s, id, method, params);
    else if (method)
        handle_notice(s, method, params);
    json_decref(message);
}

int command_lsp(int argc, char **argv)
{
    server s = {0};
    size_t length;
    option list[] = {{0}};
    options o = {.command = "lsp", .usage = usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && o.file_count)
        status = options_usage(&o, "no file is given: the editor sends the pages");
    for (char *text; status < 0 && !s.leave && (text = read_message(&length)) != NULL; free(text))
        handle(&s, text, length);
    for (int i = 0; i < s.count; i++)
        lsp_document_close(&s.list[i]);
    free(s.list);
    options_free(&o);
    return status >= 0 ? status : s.shutdown ? STATUS_GOOD : STATUS_NO; /* the protocol's rule: exit before shutdown is 1 */
}
