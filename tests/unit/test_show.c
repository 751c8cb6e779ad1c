/* Typesetting: texts made harmless, names set as people write them, parentheses only where they are needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/emit/write.h"
#include "gen/tool/lsp.h"

static arena *memory;

static int begin(void **state)
{
    (void)state;
    memory = arena_new();
    return 0;
}
static int end(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

static void expect_latex(const notation *t, const char *wanted)
{
    buffer b = {0};
    box_latex(&b, box_of(memory, t));
    assert_string_equal(b.text ? b.text : "", wanted);
    buffer_free(&b);
}

static notation *name(const char *text)
{
    return notation_text(memory, NOTATION_NAME, text);
}

static notation *list(notation_kind kind, const char *marks, notation *a, notation *b)
{
    notation *t = notation_two(memory, kind, a, b);
    t->marks = arena_strndup(memory, marks, strlen(marks));
    return t;
}

static void names(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"w1", "w_{1}"}, {"w_1", "w_{1}"}, {"w₁₂", "w_{12}"}, {"sigma2", "\\sigma_{2}"}, {"xhat", "\\hat{x}"}, {"x\xcc\x82", "\\hat{x}"},
                                           {"\xc3\xa9", "\\acute{e}"}, {"W_out", "W_{\\mathrm{out}}"}, {"loss", "\\mathrm{loss}"}, {"adam.m.W1", "m_{\\mathrm{adam}, W_{1}}"},
                                           {"δv", "\\mathrm{\\delta v}"}, {"∂C/∂w1", "\\frac{\\partial C}{\\partial w_{1}}"}, {"mean C", "\\operatorname{mean}\\,C"}, {"", ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        expect_latex(name(pairs[i][0]), pairs[i][1]);
}

static void parentheses(void **state)
{
    (void)state;
    notation *sum = list(NOTATION_SUM, "+-", name("a"), name("b")), *two = notation_text(memory, NOTATION_NUMBER, "2");
    expect_latex(sum, "a - b");
    expect_latex(list(NOTATION_PRODUCT, "  ", name("c"), sum), "c\\,(a - b)");
    expect_latex(notation_two(memory, NOTATION_QUOTIENT, sum, name("c")), "\\frac{a - b}{c}");
    expect_latex(notation_two(memory, NOTATION_POWER, sum, two), "(a - b)^{2}");
    expect_latex(notation_two(memory, NOTATION_POWER, name("w1"), two), "w_{1}^{2}");
    expect_latex(notation_two(memory, NOTATION_POWER, notation_call(memory, "f", name("x")), two), "f(x)^{2}");
    expect_latex(notation_two(memory, NOTATION_ENTRY, name("W1"), name("i")), "(W_{1})_{i}");
    expect_latex(list(NOTATION_PRODUCT, "  ", name("a"), two), "a \\cdot 2");
    expect_latex(notation_one(memory, NOTATION_ROOT, sum), "\\sqrt{a - b}");
    expect_latex(notation_text(memory, NOTATION_NUMBER, "2e-3"), "2 \\cdot 10^{-3}");
}

static void texts(void **state)
{
    (void)state;
    buffer b = {0};
    write_html_text(&b, "<a b='\"&\xe2\x80\xae\xff");
    assert_string_equal(b.text, "&#60;a b=&#39;&#34;&#38;⟨U+202E⟩\xef\xbf\xbd");
    buffer_free(&b);
    write_latex_text(&b, "\\end{x} %$#_^~& η\xe4\xb8\xad");
    assert_string_equal(b.text, "\\textbackslash{}end\\{x\\} \\%\\$\\#\\_\\textasciicircum{}\\textasciitilde{}\\& $\\eta$U+4E2D");
    buffer_free(&b);
}

/* UTF-16 columns: σ is one unit, an emoji two; places beyond the end stay inside. */
static void places(void **state)
{
    (void)state;
    const char *text = "ab\nσ\xf0\x9f\x98\x80x\n";
    size_t length = strlen(text);
    for (size_t at = 0; at <= length; at += at == 3 ? 2 : at == 5 ? 4 : 1) {
        json_t *p = lsp_position(text, length, at);
        assert_int_equal(lsp_offset(text, length, p), at);
        json_decref(p);
    }
    json_t *p = lsp_position(text, length, 9);
    assert_int_equal(json_integer_value(json_object_get(p, "character")), 3);
    json_decref(p);
    p = json_pack("{sisi}", "line", 99, "character", 99);
    assert_int_equal(lsp_offset(text, length, p), length);
    json_decref(p);
}

/* Comments and other claims do not change a key; a definition that the claim leads to does. */
static void keys(void **state)
{
    (void)state;
    static const char *const pages[] = {"input x\nparam w, v\nz = w x\nu = v x\n∂z/∂w = x\n", "input x\nparam w, v  # new\nz = w   x\nu = v x x\n∂z/∂w = x\n",
                                        "input x\nparam w, v\nz = w x x\nu = v x\n∂z/∂w = x\n"};
    uint64_t key[3];
    for (int i = 0; i < 3; i++) {
        page p;
        assert_int_equal(page_open_text(&p, "p.delta", pages[i], strlen(pages[i]), &(page_options){0}), 0);
        assert_int_equal(p.model->claim_count, 1);
        key[i] = lsp_claim_key(&p, 0);
        page_close(&p);
    }
    assert_true(key[0] == key[1]);
    assert_true(key[0] != key[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names, begin, end), cmocka_unit_test_setup_teardown(parentheses, begin, end), cmocka_unit_test(texts), cmocka_unit_test(places),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
