/* Completion: \sigma becomes σ, and the names of the page. */
#include <string.h>

#include "gen/tool/lsp.h"

static const struct {
    const char *word, *sign;
} signs[] = {{"alpha", "α"}, {"beta", "β"}, {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"}, {"zeta", "ζ"}, {"eta", "η"}, {"theta", "θ"}, {"iota", "ι"},
             {"kappa", "κ"}, {"lambda", "λ"}, {"mu", "μ"}, {"nu", "ν"}, {"xi", "ξ"}, {"pi", "π"}, {"rho", "ρ"}, {"sigma", "σ"}, {"tau", "τ"},
             {"upsilon", "υ"}, {"phi", "φ"}, {"chi", "χ"}, {"psi", "ψ"}, {"omega", "ω"}, {"Gamma", "Γ"}, {"Delta", "Δ"}, {"Theta", "Θ"}, {"Lambda", "Λ"},
             {"Xi", "Ξ"}, {"Phi", "Φ"}, {"Psi", "Ψ"}, {"Omega", "Ω"}, {"partial", "∂"}, {"nabla", "∇"}, {"sum", "Σ"}, {"prod", "Π"}, {"odot", "⊙"},
             {"oslash", "⊘"}, {"cdot", "·"}, {"gets", "←"}, {"leftarrow", "←"}, {"in", "∈"}, {"le", "≤"}, {"ge", "≥"}, {"ne", "≠"}, {"T", "ᵀ"}, {"top", "ᵀ"},
             {"prime", "′"}, {"half", "½"}, {"sqrt", "√"}, {"norm", "‖"}, {"sim", "~"}, {"minus", "−"}, {"hat", "\xcc\x82"}, {"bar", "\xcc\x84"},
             {"tilde", "\xcc\x83"}, {"dot", "\xcc\x87"}, {"^2", "²"}, {"^3", "³"}, {"_0", "₀"}, {"_1", "₁"}, {"_2", "₂"}, {"_3", "₃"}, {"_4", "₄"}};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '^' || (unsigned char)c >= 0x80;
}

static void add_sign(const lsp_document *d, json_t *items, size_t from, size_t to, size_t i)
{
    char label[32];
    snprintf(label, sizeof label, "\\%s", signs[i].word);
    json_t *edit = json_pack("{soss}", "range", lsp_range(d, from, to), "newText", signs[i].sign);
    json_array_append_new(items, json_pack("{ss si ss ss ss so}", "label", label, "kind", 21, "detail", signs[i].sign, "filterText", label, "insertText", signs[i].sign, "textEdit", edit));
}

static void add_names(const lsp_document *d, json_t *items, const char *prefix, size_t length)
{
    const model *m = d->page.model;
    for (int i = 0; i < m->var_count; i++) {
        if (!m->var[i].key || m->var[i].role == ROLE_ADJOINT || m->var[i].role == ROLE_AUXILIARY || m->var[i].role == ROLE_SYSTEM || m->var[i].at.source != d->page.source)
            continue;
        const char *name = model_var_name(m, i);
        if (length == 0 || strncmp(name, prefix, length) == 0)
            json_array_append_new(items, json_pack("{sssi}", "label", name, "kind", 6));
    }
}

json_t *lsp_completion(const lsp_document *d, const json_t *params)
{
    json_t *items = json_array();
    size_t at = lsp_offset(d->text, d->length, json_object_get(params, "position")), from = at;
    while (from > 0 && is_letter(d->text[from - 1]))
        from--;
    if (from == 0 || d->text[from - 1] != '\\') {
        add_names(d, items, d->text + from, at - from);
        return items;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(signs[i].word, d->text + from, at - from) == 0)
            add_sign(d, items, from - 1, at, i);
    return items;
}
