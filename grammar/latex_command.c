/* What commands mean. Commands that only set type are dropped; one that is not here and no macro is an opaque name with a notice. */
#include <stdlib.h>
#include <string.h>

#include "latex_token.h"

#include "latex.tab.h"

#define TOKEN(name, kind, text, number)         \
    {                                           \
        name, COMMAND_TOKEN, kind, text, number \
    }
#define LETTER(name)                         \
    {                                        \
        name, COMMAND_TOKEN, T_NAME, name, 0 \
    }
#define LETTER_AS(name, key)                \
    {                                       \
        name, COMMAND_TOKEN, T_NAME, key, 0 \
    }
#define WORD(name)                           \
    {                                        \
        name, COMMAND_TOKEN, T_NAME, name, 1 \
    }
#define WORD_AS(name, key)                  \
    {                                       \
        name, COMMAND_TOKEN, T_NAME, key, 1 \
    }
#define RELATION(name, which)                        \
    {                                                \
        name, COMMAND_TOKEN, T_RELATION, NULL, which \
    }
#define ORDER(name, text)                                     \
    {                                                         \
        name, COMMAND_TOKEN, T_RELATION, text, RELATION_ORDER \
    }
#define ACTION(name, action)     \
    {                            \
        name, action, 0, NULL, 0 \
    }
#define ACCENT(name, text)               \
    {                                    \
        name, COMMAND_ACCENT, 0, text, 0 \
    }

static const latex_command commands[] = {
    LETTER("alpha"),
    LETTER("beta"),
    LETTER("gamma"),
    LETTER("delta"),
    LETTER("epsilon"),
    LETTER("zeta"),
    LETTER("eta"),
    LETTER("theta"),
    LETTER("iota"),
    LETTER("kappa"),
    LETTER("lambda"),
    LETTER("mu"),
    LETTER("nu"),
    LETTER("xi"),
    LETTER("pi"),
    LETTER("rho"),
    LETTER("sigma"),
    LETTER("tau"),
    LETTER("upsilon"),
    LETTER("phi"),
    LETTER("chi"),
    LETTER("psi"),
    LETTER("omega"),
    LETTER("Gamma"),
    LETTER("Delta"),
    LETTER("Theta"),
    LETTER("Lambda"),
    LETTER("Xi"),
    LETTER("Pi"),
    LETTER("Sigma"),
    LETTER("Upsilon"),
    LETTER("Phi"),
    LETTER("Psi"),
    LETTER("Omega"),
    LETTER_AS("varepsilon", "epsilon"),
    LETTER_AS("vartheta", "theta"),
    LETTER_AS("varphi", "phi"),
    LETTER_AS("varrho", "rho"),
    LETTER_AS("varsigma", "sigma"),
    LETTER_AS("varpi", "pi"),
    LETTER("ell"),
    LETTER_AS("hbar", "hbar"),
    LETTER_AS("infty", "infinity"),
    LETTER_AS("imath", "i"),
    LETTER_AS("jmath", "j"),
    WORD("exp"),
    WORD("log"),
    WORD_AS("ln", "log"),
    WORD("sin"),
    WORD("cos"),
    WORD("tan"),
    WORD("sec"),
    WORD("csc"),
    WORD("cot"),
    WORD("sinh"),
    WORD("cosh"),
    WORD("tanh"),
    WORD("coth"),
    WORD_AS("arcsin", "asin"),
    WORD_AS("arccos", "acos"),
    WORD_AS("arctan", "atan"),
    WORD("det"),
    WORD_AS("tr", "trace"),
    WORD_AS("Tr", "trace"),
    WORD("diag"),
    TOKEN("argmax", T_OPAQUE, "argmax", 0),
    WORD("dim"),
    WORD("ker"),
    WORD("softmax"),
    WORD("sign"),
    WORD_AS("sgn", "sign"),
    TOKEN("partial", T_NAME, "\\partial", 0),
    TOKEN("nabla", T_NAME, "\\nabla", 0),
    TOKEN("differential", T_NAME, "d", 0),
    TOKEN("sum", T_SIGN, "sum", 0),
    TOKEN("prod", T_SIGN, "prod", 0),
    TOKEN("max", T_SIGN, "max", 0),
    TOKEN("min", T_SIGN, "min", 0),
    TOKEN("int", T_OPAQUE, "an integral", 0),
    TOKEN("oint", T_OPAQUE, "an integral", 0),
    TOKEN("iint", T_OPAQUE, "an integral", 0),
    TOKEN("lim", T_OPAQUE, "a limit", 0),
    TOKEN("arg", T_OPAQUE, "arg min", 0),
    TOKEN("argmin", T_OPAQUE, "arg min", 0),
    TOKEN("sup", T_OPAQUE, "a supremum", 0),
    TOKEN("inf", T_OPAQUE, "an infimum", 0),
    TOKEN("ldots", T_OPAQUE, "dots", 0),
    TOKEN("cdots", T_OPAQUE, "dots", 0),
    TOKEN("dots", T_OPAQUE, "dots", 0),
    TOKEN("vdots", T_OPAQUE, "dots", 0),
    TOKEN("ddots", T_OPAQUE, "dots", 0),
    TOKEN("dotsc", T_OPAQUE, "dots", 0),
    TOKEN("dotsb", T_OPAQUE, "dots", 0),
    TOKEN("cup", T_OPAQUE, "a union", 0),
    TOKEN("cap", T_OPAQUE, "an intersection", 0),
    TOKEN("otimes", T_OPAQUE, "⊗", 0),
    TOKEN("oplus", T_OPAQUE, "⊕", 0),
    TOKEN("pm", T_OPAQUE, "±", 0),
    TOKEN("mp", T_OPAQUE, "∓", 0),
    TOKEN("mathbb", T_OPAQUE, "a set of numbers", 0),
    TOKEN("forall", T_OPAQUE, "∀", 0),
    TOKEN("exists", T_OPAQUE, "∃", 0),
    TOKEN("frac", T_FRAC, NULL, 0),
    TOKEN("dfrac", T_FRAC, NULL, 0),
    TOKEN("tfrac", T_FRAC, NULL, 0),
    TOKEN("cfrac", T_FRAC, NULL, 0),
    TOKEN("sqrt", T_SQRT, NULL, 0),
    TOKEN("cdot", T_DOT, NULL, 0),
    TOKEN("cdotp", T_DOT, NULL, 0),
    TOKEN("times", T_CROSS, NULL, 0),
    TOKEN("odot", T_ODOT, NULL, 0),
    TOKEN("circ", T_ODOT, NULL, 1),
    TOKEN("ast", T_TIMES, NULL, 0),
    TOKEN("star", T_STAR, NULL, 0),
    TOKEN("div", T_SLASH, NULL, 0),
    TOKEN("oslash", T_OSLASH, NULL, 0),
    TOKEN("bullet", T_DOT, NULL, 0),
    TOKEN("top", T_TOP, NULL, 0),
    TOKEN("intercal", T_TOP, NULL, 0),
    TOKEN("prime", T_PRIME, NULL, 1),
    TOKEN("mid", T_COND, NULL, 0),
    TOKEN("vert", T_BAR, NULL, 0),
    TOKEN("lvert", T_BAR, NULL, 0),
    TOKEN("rvert", T_BAR, NULL, 0),
    TOKEN("Vert", T_NORM, NULL, 0),
    TOKEN("lVert", T_NORM, NULL, 0),
    TOKEN("rVert", T_NORM, NULL, 0),
    TOKEN("lbrace", T_LSET, NULL, 0),
    TOKEN("rbrace", T_RSET, NULL, 0),
    TOKEN("lbrack", T_LBRACKET, NULL, 0),
    TOKEN("rbrack", T_RBRACKET, NULL, 0),
    TOKEN("langle", T_LANGLE, NULL, 0),
    TOKEN("rangle", T_RANGLE, NULL, 0),
    TOKEN("backslash", T_OPAQUE, "\\", 0),
    TOKEN("quad", T_QUAD, NULL, 0),
    TOKEN("qquad", T_QUAD, NULL, 0),
    TOKEN("newline", T_NEWROW, NULL, 0),
    TOKEN("cr", T_NEWROW, NULL, 0),
    RELATION("leftarrow", RELATION_UPDATE),
    RELATION("gets", RELATION_UPDATE),
    RELATION("longleftarrow", RELATION_UPDATE),
    RELATION("equiv", RELATION_DEFINE),
    RELATION("triangleq", RELATION_DEFINE),
    RELATION("coloneqq", RELATION_DEFINE),
    RELATION("doteq", RELATION_DEFINE),
    RELATION("approx", RELATION_APPROX),
    RELATION("simeq", RELATION_APPROX),
    RELATION("propto", RELATION_APPROX),
    RELATION("sim", RELATION_APPROX),
    RELATION("cong", RELATION_APPROX),
    RELATION("in", RELATION_IN),
    RELATION("to", RELATION_ARROW),
    RELATION("rightarrow", RELATION_ARROW),
    RELATION("Rightarrow", RELATION_ARROW),
    RELATION("implies", RELATION_ARROW),
    RELATION("iff", RELATION_ARROW),
    RELATION("Leftrightarrow", RELATION_ARROW),
    RELATION("longrightarrow", RELATION_ARROW),
    RELATION("mapsto", RELATION_ARROW),
    RELATION("Longrightarrow", RELATION_ARROW),
    RELATION("leadsto", RELATION_ARROW),
    ORDER("le", "<="),
    ORDER("leq", "<="),
    ORDER("leqslant", "<="),
    ORDER("ge", ">="),
    ORDER("geq", ">="),
    ORDER("geqslant", ">="),
    ORDER("ne", "!="),
    ORDER("neq", "!="),
    ORDER("ll", "<"),
    ORDER("gg", ">"),
    ORDER("lt", "<"),
    ORDER("gt", ">"),
    ORDER("subset", "<"),
    ORDER("subseteq", "<="),
    ORDER("perp", "!="),
    TOKEN("lfloor", T_LPAREN, "floor", 0),
    TOKEN("lceil", T_LPAREN, "ceil", 0),
    TOKEN("rfloor", T_RPAREN, NULL, 0),
    TOKEN("rceil", T_RPAREN, NULL, 0),
    ACCENT("hat", "hat"),
    ACCENT("widehat", "hat"),
    ACCENT("tilde", "tilde"),
    ACCENT("widetilde", "tilde"),
    ACCENT("bar", "bar"),
    ACCENT("overline", "bar"),
    ACCENT("vec", "vec"),
    ACCENT("dot", "dot"),
    ACCENT("ddot", "ddot"),
    ACCENT("check", "check"),
    ACCENT("breve", "breve"),
    ACCENT("mathring", "ring"),
    ACCENT("underline", "under"),
    ACCENT("acute", "acute"),
    ACCENT("grave", "grave"),
    ACTION("mathbf", COMMAND_BOLD),
    ACTION("boldsymbol", COMMAND_BOLD),
    ACTION("bm", COMMAND_BOLD),
    ACTION("pmb", COMMAND_BOLD),
    ACTION("mathbfit", COMMAND_BOLD),
    ACTION("symbf", COMMAND_BOLD),
    ACTION("bf", COMMAND_DROP),
    ACTION("mathcal", COMMAND_FONT),
    ACTION("mathscr", COMMAND_FONT),
    ACTION("mathfrak", COMMAND_FONT),
    ACTION("mathit", COMMAND_NAME),
    ACTION("mathsf", COMMAND_NAME),
    ACTION("mathtt", COMMAND_NAME),
    ACTION("mathrm", COMMAND_NAME),
    ACTION("rm", COMMAND_DROP),
    ACTION("cal", COMMAND_DROP),
    ACTION("it", COMMAND_DROP),
    ACTION("operatorname", COMMAND_NAME),
    ACTION("operatorname*", COMMAND_NAME),
    ACTION("text", COMMAND_WORDS),
    ACTION("textrm", COMMAND_WORDS),
    ACTION("textbf", COMMAND_WORDS),
    ACTION("textit", COMMAND_WORDS),
    ACTION("texttt", COMMAND_WORDS),
    ACTION("mbox", COMMAND_WORDS),
    ACTION("hbox", COMMAND_WORDS),
    ACTION("textsf", COMMAND_WORDS),
    ACTION("intertext", COMMAND_WORDS),
    ACTION("textnormal", COMMAND_WORDS),
    ACTION("emph", COMMAND_WORDS),
    ACTION("boxed", COMMAND_GROUP),
    ACTION("fbox", COMMAND_GROUP),
    ACTION("mathop", COMMAND_GROUP),
    ACTION("mathrel", COMMAND_GROUP),
    ACTION("mathbin", COMMAND_GROUP),
    ACTION("mathord", COMMAND_GROUP),
    ACTION("ensuremath", COMMAND_GROUP),
    ACTION("cancel", COMMAND_GROUP),
    ACTION("smash", COMMAND_GROUP),
    ACTION("mathclap", COMMAND_GROUP),
    ACTION("textcolor", COMMAND_UNDERSET),
    ACTION("colorbox", COMMAND_UNDERSET),
    ACTION("underset", COMMAND_BELOW),
    ACTION("overset", COMMAND_UNDERSET),
    ACTION("stackrel", COMMAND_UNDERSET),
    ACTION("color", COMMAND_DROP_ARGUMENT),
    ACTION("label", COMMAND_DROP_ARGUMENT),
    ACTION("tag", COMMAND_DROP_ARGUMENT),
    ACTION("tag*", COMMAND_DROP_ARGUMENT),
    ACTION("hspace", COMMAND_DROP_ARGUMENT),
    ACTION("vspace", COMMAND_DROP_ARGUMENT),
    ACTION("hspace*", COMMAND_DROP_ARGUMENT),
    ACTION("eqref", COMMAND_DROP_ARGUMENT),
    ACTION("ref", COMMAND_DROP_ARGUMENT),
    ACTION("phantom", COMMAND_DROP_ARGUMENT),
    ACTION("hphantom", COMMAND_DROP_ARGUMENT),
    ACTION("vphantom", COMMAND_DROP_ARGUMENT),
    ACTION("cite", COMMAND_DROP_ARGUMENT),
    ACTION("footnote", COMMAND_DROP_ARGUMENT),
    ACTION("nonumber", COMMAND_DROP),
    ACTION("notag", COMMAND_DROP),
    ACTION("left", COMMAND_DROP),
    ACTION("right", COMMAND_DROP),
    ACTION("middle", COMMAND_DROP),
    ACTION("big", COMMAND_DROP),
    ACTION("Big", COMMAND_DROP),
    ACTION("bigg", COMMAND_DROP),
    ACTION("Bigg", COMMAND_DROP),
    ACTION("bigl", COMMAND_DROP),
    ACTION("bigr", COMMAND_DROP),
    ACTION("Bigl", COMMAND_DROP),
    ACTION("Bigr", COMMAND_DROP),
    ACTION("biggl", COMMAND_DROP),
    ACTION("biggr", COMMAND_DROP),
    ACTION("Biggl", COMMAND_DROP),
    ACTION("Biggr", COMMAND_DROP),
    ACTION("displaystyle", COMMAND_DROP),
    ACTION("textstyle", COMMAND_DROP),
    ACTION("scriptstyle", COMMAND_DROP),
    ACTION("limits", COMMAND_DROP),
    ACTION("nolimits", COMMAND_DROP),
    ACTION("hfill", COMMAND_DROP),
    ACTION("noindent", COMMAND_DROP),
    ACTION("centering", COMMAND_DROP),
    ACTION("allowbreak", COMMAND_DROP),
    ACTION("thinspace", COMMAND_DROP),
    ACTION("enspace", COMMAND_DROP),
    ACTION("strut", COMMAND_DROP),
    ACTION("hline", COMMAND_DROP),
    ACTION("par", COMMAND_DROP),
    ACTION("underbrace", COMMAND_BRACE),
    ACTION("overbrace", COMMAND_BRACE),
    ACTION("begin", COMMAND_BEGIN),
    ACTION("end", COMMAND_END),
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const latex_command *)a)->name, ((const latex_command *)b)->name);
}

/* A few hundred rows and short names: a linear search is less than a percent of the reading time. */
const latex_command *latex_command_find(const char *name)
{
    latex_command key = {.name = name};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (by_name(&commands[i], &key) == 0)
            return &commands[i];
    return NULL;
}

const char *latex_function_word(const char *bytes, size_t length)
{
    static const char *const words[] = {"exp",  "exp",   "log",  "log",  "ln",   "log",  "softmax", "softmax", "sigmoid",  "sigmoid",  "tanh", "tanh",
                                        "ReLU", "relu",  "relu", "relu", "sin",  "sin",  "cos",     "cos",     "softplus", "softplus", "diag", "diag",
                                        "tr",   "trace", "sqrt", "sqrt", "sign", "sign", "Softmax", "softmax", "erf",      "erf",      "norm", "norm"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i += 2)
        if (strlen(words[i]) == length && memcmp(words[i], bytes, length) == 0)
            return words[i + 1];
    return NULL;
}

bool latex_function_word_known(const char *key)
{
    static const char *const keys[] = {"exp",  "log",  "sin",  "cos",  "tan",  "sec",  "csc",  "cot",     "sinh",     "cosh", "tanh",
                                       "coth", "asin", "acos", "atan", "sqrt", "sign", "relu", "sigmoid", "softplus", "erf",  "abs"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}
