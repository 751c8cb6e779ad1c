/* The lecture page, line by line: what a perfect checker reports of a scan with reading errors in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/tool/notes.h"

typedef struct {
    int line, step; /* step 0: a label, or a line without relation */
    bool label;
    note_role role;
    const char *verdict; /* NULL: none */
    const char *mention[3];
} row;

static const row lecture[] = {
    {11, 1, false, NOTE_DEFINITION, NULL, {0}},
    {13, 1, false, NOTE_DEFINITION, NULL, {0}},
    {15, 1, false, NOTE_DEFINITION, NULL, {0}},
    {17, 2, false, NOTE_CLAIM, "not understood", {"∇1 → σ1", "\\nabla_1", "proved"}},
    {17, 0, true, NOTE_CLAIM, "not understood", {"belongs to", "z1", "proved"}},
    {17, 3, false, NOTE_CLAIM, "not understood", {"a1", "proved"}},
    {19, 0, false, NOTE_EXPRESSION, NULL, {0}},
    {23, 1, false, NOTE_DEFINITION, NULL, {0}},
    {25, 0, false, NOTE_CLAIM, "not understood", {"ends with \"=\"", "∂C/∂w1 = ∂C/∂a1 ∂a1/∂z1 ∂z1/∂w1", "joined with line 29"}},
    {27, 1, false, NOTE_DEFINITION, NULL, {0}},
    {29, 0, false, NOTE_EXPRESSION, NULL, {"\\nabla_1 → \\sigma_1", "σ1′(z1)"}},
    {31, 0, false, NOTE_EXPRESSION, "not understood", {"pair", "\\nabla_1 → \\sigma_1", "(a1 − y)"}},
    {33, 1, false, NOTE_CLAIM, "not understood", {"c is nowhere defined", "b1", "proved"}},
    {35, 2, false, NOTE_CLAIM, "refuted", {"b1", "line 33"}},
    {39, 1, false, NOTE_UPDATE, NULL, {"c → C"}},
    {39, 0, true, NOTE_CLAIM, "not understood", {"proved", "δ1 x"}},
    {41, 1, false, NOTE_UPDATE, NULL, {"c → C"}},
    {41, 0, true, NOTE_CLAIM, "not understood", {"c → C", "proved"}},
    {48, 1, false, NOTE_DEFINITION, NULL, {0}},
    {54, 0, false, NOTE_EXPRESSION, NULL, {0}},
    {60, 1, false, NOTE_DEFINITION, NULL, {0}},
    {62, 1, false, NOTE_CLAIM, "refuted", {"a1"}},
    {62, 0, true, NOTE_CLAIM, "refuted", {"belongs to δ2"}},
    {64, 1, false, NOTE_CLAIM, "proved", {0}},
    {66, 1, false, NOTE_DEFINITION, NULL, {0}},
    {68, 2, false, NOTE_CLAIM, "proved", {0}},
    {70, 3, false, NOTE_CLAIM, "proved", {0}},
    {72, 1, false, NOTE_CLAIM, "proved", {0}},
    {72, 0, true, NOTE_DEFINITION, NULL, {0}},
    {74, 1, false, NOTE_CLAIM, "proved", {0}},
    {76, 0, true, NOTE_CLAIM, "refuted", {0}},
    {78, 1, false, NOTE_CLAIM, "proved", {0}},
    {78, 0, true, NOTE_CLAIM, "refuted", {"w2"}},
    {80, 1, false, NOTE_CLAIM, "proved", {0}},
    {82, 1, false, NOTE_UPDATE, NULL, {0}},
    {84, 1, false, NOTE_UPDATE, NULL, {0}},
    {86, 1, false, NOTE_UPDATE, NULL, {"a0", "δ1·x"}},
    {88, 1, false, NOTE_UPDATE, NULL, {0}},
};

static void read_notes(notes *n, const char *path)
{
    assert_true(notes_open(n, path, (document_kind)document_kind_of(path, NULL)));
    notes_run(n);
}

static const note_item *find_item(const notes *n, const row *r)
{
    for (int k = 0; k < n->item_count; k++)
        if (n->item[k].line == r->line && n->item[k].label == r->label && (r->label || n->item[k].step == r->step))
            return &n->item[k];
    return NULL;
}

static bool mentions(const note_item *i, const char *what)
{
    const char *parts[] = {i->v.reason, i->v.diagnosis, i->v.suggestion, i->root, i->trouble};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (parts[k] && strstr(parts[k], what))
            return true;
    for (int k = 0; k < i->message_count; k++)
        if (strstr(i->message[k], what))
            return true;
    return false;
}

static void check_row(const notes *n, const row *r)
{
    const note_item *i = find_item(n, r);
    if (!i)
        fail_msg("line %d: no such item", r->line);
    if (i->role != r->role)
        fail_msg("line %d: %s, expected %s", r->line, notes_role_name(i->role), notes_role_name(r->role));
    const char *found = notes_verdict_name(i);
    if ((found == NULL) != (r->verdict == NULL) || (found && strcmp(found, r->verdict) != 0))
        fail_msg("line %d: %s, expected %s", r->line, found ? found : "no verdict", r->verdict ? r->verdict : "none");
    for (int k = 0; k < 3 && r->mention[k]; k++)
        if (!mentions(i, r->mention[k]))
            fail_msg("line %d: nothing says \"%s\"", r->line, r->mention[k]);
}

static void test_lecture_page(void **state)
{
    (void)state;
    notes n;
    read_notes(&n, "tests/notes/january-30.txt");
    for (size_t i = 0; i < sizeof lecture / sizeof *lecture; i++)
        check_row(&n, &lecture[i]);
    notes_totals t = notes_count(&n);
    assert_int_equal(t.proved, 7);
    assert_int_equal(t.not_understood, 9);
    assert_int_equal(n.announce_count, 2);
    notes_close(&n);
}

static void test_update_directions(void **state)
{
    (void)state;
    notes n;
    read_notes(&n, "tests/notes/january-30.txt");
    for (int k = 0; k < n.item_count; k++)
        if (n.item[k].role == NOTE_UPDATE)
            assert_int_equal(n.item[k].move, n.item[k].line == 86 ? STEP_AGAINST : STEP_ALONG);
    notes_close(&n);
}

static void check_all_proved(const char *path, int least)
{
    notes n;
    read_notes(&n, path);
    notes_totals t = notes_count(&n);
    assert_int_equal(t.refuted + t.undecided + t.not_understood + t.vacuous, 0);
    assert_true(t.proved >= least);
    notes_close(&n);
}

static void test_corrected_page(void **state)
{
    (void)state;
    check_all_proved("examples/lecture/january-30.md", 20);
    check_all_proved("examples/lecture/january-30.tex", 20);
}

/* Documents in the styles of real notes: every claim is true. */
static void test_styles(void **state)
{
    static const char *const names[] = {"batch-normalisation.md",  "bold.md", "cross-entropy.md", "index.md",       "layers.md",
                                        "bracket-superscripts.md", "lstm.md", "macros.tex",       "notebook.ipynb", "vae.md",
                                        "row-vectors.md",          "prose.md"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/notes/style-%s", names[i]);
        check_all_proved(path, 2);
    }
}

/* Documents whose last five claims are slips: none may pass. */
static void test_slips(void **state)
{
    static const char *const names[] = {"layers.md", "index.md", "scalars.md"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        notes n;
        snprintf(path, sizeof path, "tests/notes/slips-%s", names[i]);
        read_notes(&n, path);
        assert_int_equal(notes_count(&n).refuted, 5);
        assert_int_equal(notes_count(&n).undecided + notes_count(&n).not_understood, 0);
        notes_close(&n);
    }
}

/* What cannot be read never passes. */
static void test_unreadable(void **state)
{
    (void)state;
    notes n;
    read_notes(&n, "tests/notes/unreadable.md");
    assert_int_equal(notes_count(&n).proved, 0);
    assert_true(notes_count(&n).not_understood >= 7);
    notes_close(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lecture_page), cmocka_unit_test(test_update_directions), cmocka_unit_test(test_corrected_page), cmocka_unit_test(test_styles),
        cmocka_unit_test(test_slips),        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
