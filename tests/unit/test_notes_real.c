/* Fragments as lecturers write them: how many claims each has, how many of them are proved; a true line is never refuted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/tool/notes.h"

typedef struct {
    const char *name;
    int proved, not_understood, definitions;
} row;

static const row documents[] = {
    {"activations.md", 9, 0, 2},
    {"adversarial.md", 6, 0, 6},
    {"attention.md", 2, 0, 4},
    {"batchnorm.md", 5, 0, 4},
    {"bptt.md", 5, 0, 4},
    {"bold-layers.md", 7, 0, 4},
    {"by-hand.md", 4, 0, 6},
    {"classifier.md", 12, 0, 8},
    {"denominator.md", 3, 0, 2},
    {"denoising.md", 6, 0, 3},
    {"differentials.md", 7, 0, 6},
    {"einstein.md", 3, 0, 2},
    {"four-equations.tex", 5, 0, 4},
    {"gates.md", 9, 0, 3},
    {"gru.md", 2, 0, 4},
    {"heads.md", 5, 0, 5},
    {"hinge.md", 2, 1, 3},
    {"jacobian.md", 3, 0, 2},
    {"kl.md", 2, 0, 3},
    {"layered.tex", 5, 0, 4},
    {"least-squares.md", 2, 0, 2},
    {"likelihood.md", 2, 0, 4},
    {"logistic-likelihood.md", 2, 1, 3},
    {"logistic.md", 5, 0, 3},
    {"lstm.md", 5, 0, 6},
    {"matrix-calculus.tex", 6, 0, 3},
    {"optimizers.md", 0, 0, 7},
    {"patterns.md", 7, 0, 7},
    {"pca.md", 2, 0, 2},
    {"pinn.md", 3, 0, 3},
    {"relu.md", 4, 0, 4},
    {"ridge.md", 1, 0, 1},
    {"row-batch.md", 5, 0, 4},
    {"rows.md", 2, 0, 2},
    {"sample-superscripts.md", 3, 0, 3},
    {"scalar-chain.md", 5, 0, 6},
    {"sigmoid-identities.tex", 10, 0, 3},
    {"softmax.md", 7, 0, 3},
    {"split.tex", 6, 0, 1},
    {"summation.md", 5, 0, 4},
    {"vae.md", 6, 0, 4},
    {"variational.md", 5, 0, 5},
    {"weight-decay.md", 10, 0, 6},
};

static void check_document(const row *r)
{
    char path[120];
    notes n;
    snprintf(path, sizeof path, "tests/notes/real-%s", r->name);
    assert_true(notes_open(&n, path, (document_kind)document_kind_of(path, NULL)));
    notes_run(&n);
    notes_totals t = notes_count(&n);
    int definitions = 0;
    for (int k = 0; k < n.item_count; k++)
        definitions += n.item[k].role == NOTE_DEFINITION && !n.item[k].decided;
    if (t.refuted || t.undecided || t.vacuous || t.proved != r->proved || t.not_understood != r->not_understood || definitions != r->definitions)
        fail_msg("%s: %d proved, %d refuted, %d undecided, %d not understood, %d vacuous, %d definitions", r->name, t.proved, t.refuted, t.undecided,
                 t.not_understood, t.vacuous, definitions);
    notes_close(&n);
}

static void test_real(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        check_document(&documents[i]);
}

/* Two false lines, one cause: said once, and each line names it. */
static void test_order(void **state)
{
    (void)state;
    notes n;
    int rooted = 0, said = 0;
    assert_true(notes_open(&n, "tests/notes/order.md", DOCUMENT_MARKDOWN));
    notes_run(&n);
    assert_int_equal(notes_count(&n).refuted, 2);
    assert_int_equal(notes_count(&n).proved, 1);
    for (int k = 0; k < n.item_count; k++)
        rooted += n.item[k].root && strstr(n.item[k].root, "line 3 has the indices of w the other way round");
    for (int k = 0; k < n.announce_count; k++)
        said += strstr(n.announce[k], "under the definition on line 3 the lines 7 and 8 are false") != NULL;
    assert_int_equal(rooted, 2);
    assert_int_equal(said, 1);
    notes_close(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real), cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
