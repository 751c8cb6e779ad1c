/* The delta language. The scanner and the two passes behind it (layout.c, filter.c) have already decided where statements end, which bar opens, which
 * brace is a subscript, which '[' is an index, and which ∂ is a denominator; so this grammar has no conflicts. Actions only call constructors (build.c).
 * All values live in the arena of the file, so there is nothing to destroy on an error. */
%define api.pure full
%define api.prefix {delta_yy}
%define api.token.prefix {T_}
%define api.location.type {span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { parser *p }

%code requires {
#include "grammar/build.h"
#ifndef YYLLOC_DEFAULT
#define YYLLOC_DEFAULT(current, right, count)                                                                             \
    ((current) = (count) ? (span){YYRHSLOC(right, 1).source, YYRHSLOC(right, 1).begin, YYRHSLOC(right, count).end}          \
                         : (span){YYRHSLOC(right, 0).source, YYRHSLOC(right, 0).end, YYRHSLOC(right, 0).end})
#endif
#define YYMAXDEPTH 100000
}
%code {
int delta_yylex(DELTA_YYSTYPE *value, span *at, parser *p);
void delta_yyerror(const span *at, parser *p, const char *message);
}

%union {
    const token *token;
    syn *node;
    items *list;
    int op;
}

%token <token> NUMBER "a number" NAME "a name" STRING "a text in quotes" SUPER "a power" PRIME "'" TRANSPOSE "^T"
%token <token> DECLARATION "a declaration word" SIGN "a sum sign" WORD "a reduction word" CALL "a reduction" PARTIAL "∂" NABLA "∇" ROOT "√" NOT "not" IF "if"
%token <token> LPAREN "(" LIST "[" BAR_OPEN "|" NORM_OPEN "‖" MINUS "-"
%token OVER_PARTIAL "/" DENOMINATOR "∂ (below)"
%token LPAREN_TOUCHING "( of ∇" RPAREN ")" INDEX "[ of an index" RBRACKET "]" BAR_CLOSE "closing |" NORM_CLOSE "closing ‖" SUBSCRIPT "{" SET "{ of a set" BLOCK "{ of a block"
%token RBRACE "}" EVAL "|_{" COMMA "," SEMICOLON ";" COLON ":" TILDE "~" UNDERSCORE "_" EQUALS "=" DEFINES ":=" ARROW "<-" EQ "==" NE "!=" LT "<" GT ">" LE "<="
%token GE ">=" IN "in" BINDER_IN "in " AND "and" OR "or" RANGE ".." PLUS "+" TIMES "*" DOT "·" SLASH "/ " ODOT "⊙" OSLASH "⊘" CARET "^" UPPER "^ of a sum"
%token THEN "then" ELSE "else" FOR "for" PAD "pad" INT "int" MISSING "missing" OVER "over" WITH "with" STEPS "steps"
%token CLAIM "claim" FUNCTION "function" FUNCTION_BLOCK "function " ASSUME "assume" MINIMIZE "minimize" OPTIMIZE "optimize" OPTIMIZER "optimizer" METRIC "metric"
%token OUTPUT "output" POPULATION "set" USE "use" LAYOUT "layout" GROUP "then " BROKEN "a broken statement" SEPARATOR "the end of the statement"
/* Only between the scanner and the passes. */
%token NEWLINE MARK LBRACKET LBRACE BAR NORM WRONG

%type <list> orx andx compared statements statement funcs decls params axes axis_items items args names chain sum_ factors factor ufac red product binders upper denominators
%type <list> rows row conditions calls metrics held exprs
%type <node> func head_function result dname decl expr logic notx compare in_right sum ifx signed product_ prim post power exponent item
%type <node> axis binder range derivative held_derivative numerator denominator below nabla nabla_operand nabla_name held_item arg set steps population metric
%type <node> name_or_family block target
%type <op> op cmp

%%

file: statements { build_file(p, $1, @$); } ;

statements: %empty { $$ = items_new(p); }
          | statements statement SEPARATOR { $$ = build_next(p, $1, $2, @2); }
          | statements error SEPARATOR { $$ = items_add(p, $1, 0, build_leaf(p, SYN_BROKEN, @2)); yyerrok; } ;

block: BLOCK statements RBRACE { $$ = build_block(p, $2, @$); } ;

statement: chain { $$ = build_equation(p, $1, 0, @$); }
         | CLAIM chain { $$ = build_equation(p, $2, 1, @$); }
         | expr DEFINES expr { $$ = items_one(p, build_definition(p, $1, $3, @$)); }
         | expr ARROW expr { $$ = items_one(p, build_update(p, $1, $3, @$)); }
         | DECLARATION decls { $$ = items_one(p, build_declare(p, $1, $2, @$)); }
         | FUNCTION funcs { $$ = $2; }
         | FUNCTION_BLOCK head_function block { $$ = items_one(p, build_function_body(p, $2, $3, @$)); }
         | FUNCTION_BLOCK error block { $$ = items_one(p, build_broken_block(p, $3, @$)); }
         | ASSUME conditions { $$ = items_one(p, build_assume(p, $2, @$)); }
         | MINIMIZE expr { $$ = items_one(p, build_minimize(p, $2, NULL, @$)); }
         | MINIMIZE expr OVER names { $$ = items_one(p, build_minimize(p, $2, $4, @$)); }
         | GROUP { $$ = items_one(p, build_leaf(p, SYN_THEN, @$)); }
         | OPTIMIZE WITH calls { $$ = items_one(p, build_list(p, SYN_OPTIMIZE, $3, @$)); }
         | OPTIMIZER NAME LPAREN params RPAREN FOR NAME block { $$ = items_one(p, build_optimizer(p, $2, $4, $7, $8, @$)); }
         | OPTIMIZER NAME FOR NAME block { $$ = items_one(p, build_optimizer(p, $2, NULL, $4, $5, @$)); }
         | OPTIMIZER error block { $$ = items_one(p, build_broken_block(p, $3, @$)); }
         | METRIC metrics { $$ = $2; }
         | OUTPUT exprs { $$ = items_one(p, build_list(p, SYN_OUTPUT, $2, @$)); }
         | FOR NAME BINDER_IN set block { $$ = items_one(p, build_for(p, $2, $4, $5, @$)); }
         | FOR NAME BINDER_IN range block { $$ = items_one(p, build_for(p, $2, $4, $5, @$)); }
         | FOR error block { $$ = items_one(p, build_broken_block(p, $3, @$)); }
         | POPULATION population { $$ = items_one(p, $2); }
         | USE STRING { $$ = items_one(p, build_text(p, SYN_USE, $2, @$)); }
         | LAYOUT NAME { $$ = items_one(p, build_layout(p, $2, @$)); }
         | BROKEN { $$ = items_one(p, build_leaf(p, SYN_BROKEN, @$)); }
         | BROKEN block { $$ = items_one(p, build_broken_block(p, $2, @$)); } ;

chain: expr { $$ = items_one(p, $1); }
     | chain EQUALS expr { $$ = items_add(p, $1, 0, $3); } ;

/* --- declarations --- */

decls: decl { $$ = items_one(p, $1); } | decls COMMA decl { $$ = items_add(p, $1, 0, $3); } ;
decl: target { $$ = build_initial(p, $1, 0, NULL, @$); }
    | target EQUALS expr { $$ = build_initial(p, $1, '=', $3, @$); }
    | target TILDE expr { $$ = build_initial(p, $1, '~', $3, @$); } ;
target: dname axes { $$ = build_decl(p, $1, $2, 0, @$); }
      | dname axes MISSING { $$ = build_decl(p, $1, $2, SYN_MISSING, @$); }
      | dname axes COLON INT axes { $$ = build_decl(p, $1, build_axes_once(p, $2, $5, @5), SYN_INT, @$); }
      | dname axes COLON INT axes MISSING { $$ = build_decl(p, $1, build_axes_once(p, $2, $5, @5), SYN_INT | SYN_MISSING, @$); } ;
dname: NAME { $$ = build_name(p, $1); } | NAME SUBSCRIPT expr RBRACE { $$ = build_family(p, $1, $3, @$); } ;
axes: %empty { $$ = NULL; } | INDEX axis_items RBRACKET { $$ = $2; } ;
axis_items: axis { $$ = items_one(p, $1); } | axis_items COMMA axis { $$ = items_add(p, $1, 0, $3); } ;
axis: expr { $$ = $1; }
    | expr PAD NUMBER { $$ = build_two(p, SYN_PADDED, $1, build_number(p, $3), @$); }
    | NAME BINDER_IN range { $$ = build_binder(p, $1, $3, @$); } ;
params: decl { $$ = items_one(p, $1); } | params COMMA decl { $$ = items_add(p, $1, 0, $3); } ;

funcs: func { $$ = items_one(p, $1); } | funcs COMMA func { $$ = items_add(p, $1, 0, $3); } ;
func: dname { $$ = build_function(p, $1, NULL, NULL, NULL, @$); }
    | head_function { $$ = $1; }
    | head_function EQUALS expr { $$ = build_function_body(p, $1, $3, @$); } ;
head_function: dname LPAREN params RPAREN result { $$ = build_function(p, $1, $3, $5, NULL, @$); } ;
result: %empty { $$ = NULL; } | COLON LIST axis_items RBRACKET { $$ = build_list(p, SYN_AXES, $3, @$); } ;

conditions: chain { $$ = items_one(p, build_condition(p, $1, @$)); }
          | conditions COMMA chain { $$ = items_add(p, $1, 0, build_condition(p, $3, @3)); } ;
names: name_or_family { $$ = items_one(p, $1); } | names COMMA name_or_family { $$ = items_add(p, $1, 0, $3); } ;
name_or_family: dname { $$ = $1; } ;
calls: arg steps { $$ = items_pair(p, NULL, $1, $2); } | calls THEN arg steps { $$ = items_pair(p, $1, $3, $4); } ;
steps: %empty { $$ = NULL; } | FOR sum STEPS { $$ = $2; } ;
metrics: metric { $$ = items_one(p, $1); } | metrics COMMA metric { $$ = items_add(p, $1, 0, $3); } ;
metric: NAME EQUALS expr { $$ = build_metric(p, $1, $3, @$); } ;
exprs: expr { $$ = items_one(p, $1); } | exprs COMMA expr { $$ = items_add(p, $1, 0, $3); } ;
population: NAME COLON DECLARATION decls { $$ = build_population(p, $1, build_declare(p, $3, $4, span_join(@3, @4)), @$); } ;

/* --- expressions, from the loosest to the tightest --- */

expr: logic { $$ = $1; }
    | ifx { $$ = $1; }
    | sum_ PLUS ifx { $$ = build_sum(p, items_add(p, $1, '+', $3), @$); }
    | sum_ MINUS ifx { $$ = build_sum(p, items_add(p, $1, '-', $3), @$); } ;
ifx: IF logic THEN expr ELSE expr { $$ = build_if(p, $2, $4, $6, @$); } ;
logic: orx { $$ = build_logic(p, "or", $1, @$); } ;
orx: andx { $$ = items_one(p, build_logic(p, "and", $1, @$)); } | orx OR andx { $$ = items_add(p, $1, 0, build_logic(p, "and", $3, @3)); } ;
andx: notx { $$ = items_one(p, $1); } | andx AND notx { $$ = items_add(p, $1, 0, $3); } ;
notx: compare { $$ = $1; } | NOT notx { $$ = build_not(p, $2, @$); } ;
compare: sum { $$ = $1; } | compared { $$ = build_compare(p, $1, @$); } | sum IN in_right { $$ = build_member(p, $1, $3, @$); } ;
compared: sum cmp sum { $$ = items_add(p, items_one(p, $1), $2, $3); }
        | compared cmp sum { $$ = items_add(p, $1, $2, $3); } ;
in_right: set { $$ = $1; } | range { $$ = $1; } | sum { $$ = $1; } ;
cmp: EQ { $$ = T_EQ; } | NE { $$ = T_NE; } | LT { $$ = T_LT; } | LE { $$ = T_LE; } | GT { $$ = T_GT; } | GE { $$ = T_GE; } ;
range: sum RANGE sum { $$ = build_two(p, SYN_RANGE, $1, $3, @$); } ;
set: SET exprs RBRACE { $$ = build_list(p, SYN_SET, $2, @$); } ;

sum: sum_ { $$ = build_sum(p, $1, @$); } ;
sum_: signed { $$ = items_add(p, items_new(p), '+', $1); }
    | sum_ PLUS signed { $$ = items_add(p, $1, '+', $3); }
    | sum_ MINUS signed { $$ = items_add(p, $1, '-', $3); } ;
signed: product_ { $$ = $1; } | MINUS signed { $$ = build_one(p, SYN_NEGATE, $2, @$); } ;
product_: product { $$ = build_product(p, $1, @$); } ;
product: red { $$ = $1; }
       | factors { $$ = $1; }
       | factors red { $$ = items_operand(p, $1, ' ', $2); }
       | factors op red { $$ = items_operand(p, $1, $2, $3); } ;
factors: factor { $$ = items_operand(p, items_new(p), ' ', $1); }
       | factors factor { $$ = items_operand(p, $1, ' ', $2); }
       | factors op factor { $$ = items_operand(p, $1, $2, $3); }
       | factors op ufac { $$ = items_operand(p, $1, $2, $3); } ;
ufac: MINUS factor { $$ = items_negate($2); } | MINUS ufac { $$ = items_negate($2); } ;
op: TIMES { $$ = '*'; } | DOT { $$ = '.'; } | SLASH { $$ = '/'; } | ODOT { $$ = 'o'; } | OSLASH { $$ = '%'; } ;

/* A reduction takes the product that follows; its value is a list because a '/' before another reduction ends it. */
red: SIGN product { $$ = build_reduce(p, $1, NULL, NULL, $2, @$); }
   | SIGN UNDERSCORE NAME upper product { $$ = build_reduce(p, $1, items_one(p, build_binder(p, $3, NULL, @3)), $4, $5, @$); }
   | SIGN UNDERSCORE SUBSCRIPT binders RBRACE upper product { $$ = build_reduce(p, $1, $4, $6, $7, @$); }
   | WORD UNDERSCORE SUBSCRIPT binders RBRACE upper product { $$ = build_reduce(p, $1, $4, $6, $7, @$); } ;
binders: binder { $$ = items_one(p, $1); } | binders COMMA binder { $$ = items_add(p, $1, 0, $3); } ;
binder: NAME { $$ = build_binder(p, $1, NULL, @$); }
      | NAME BINDER_IN range { $$ = build_binder(p, $1, $3, @$); }
      | NAME BINDER_IN set { $$ = build_binder(p, $1, $3, @$); }
      | NAME EQUALS sum { $$ = build_from(p, $1, $3, @$); }
      | NAME EQUALS range { $$ = build_binder(p, $1, $3, @$); } ;
upper: %empty { $$ = NULL; }
     | UPPER NUMBER { $$ = items_one(p, build_number(p, $2)); }
     | UPPER NAME { $$ = items_one(p, build_name(p, $2)); }
     | UPPER SUBSCRIPT sum RBRACE { $$ = items_one(p, $3); }
     | UPPER LPAREN sum RPAREN { $$ = items_one(p, $3); } ;

factor: power { $$ = items_one(p, $1); }
      | ROOT power { $$ = build_root(p, $1, $2); }
      | ROOT ROOT power { $$ = build_root(p, $1, build_single(p, build_root(p, $2, $3))); }
      | held_derivative { $$ = items_one(p, $1); } ;
power: post { $$ = $1; }
     | post SUPER { $$ = build_power_sign(p, $1, $2, @$); }
     | post CARET exponent { $$ = build_two(p, SYN_POWER, $1, $3, @$); } ;
exponent: factor { $$ = build_exponent(p, $1); } | MINUS exponent { $$ = build_one(p, SYN_NEGATE, $2, @$); } ;
post: prim { $$ = $1; }
    | post INDEX items RBRACKET { $$ = build_index(p, $1, $3, @$); }
    | post PRIME { $$ = build_prime(p, $1, $2, @$); }
    | post TRANSPOSE { $$ = build_one(p, SYN_TRANSPOSE, $1, @$); }
    | post EVAL held RBRACE { $$ = build_index_like(p, SYN_HOLD, $1, $3, @$); } ;
items: item { $$ = items_one(p, $1); } | items COMMA item { $$ = items_add(p, $1, 0, $3); } ;
item: expr { $$ = $1; } | NAME BINDER_IN range { $$ = build_binder(p, $1, $3, @$); } | COLON { $$ = build_leaf(p, SYN_EMPTY, @$); } ;
held: held_item { $$ = items_one(p, $1); } | held COMMA held_item { $$ = items_add(p, $1, 0, $3); } ;
held_item: below { $$ = $1; } | NAME EQUALS expr { $$ = build_named(p, $1, $3, @$); } ;

prim: NUMBER { $$ = build_number(p, $1); }
    | dname { $$ = $1; }
    | LPAREN args RPAREN { $$ = build_list(p, SYN_PAREN, $2, @$); }
    | CALL LPAREN binders COMMA expr RPAREN { $$ = build_reduce_call(p, $1, $3, $5, @$); }
    | CALL LPAREN expr RPAREN { $$ = build_reduce_call(p, $1, NULL, $3, @$); }
    | BAR_OPEN expr BAR_CLOSE { $$ = build_one(p, SYN_ABS, $2, @$); }
    | NORM_OPEN expr NORM_CLOSE { $$ = build_one(p, SYN_NORM, $2, @$); }
    | LIST rows RBRACKET { $$ = build_bracket(p, $2, @$); }
    | STRING { $$ = build_text(p, SYN_STRING, $1, @$); } ;
args: arg { $$ = items_one(p, $1); } | args COMMA arg { $$ = items_add(p, $1, 0, $3); } ;
arg: expr { $$ = $1; } | NAME EQUALS expr { $$ = build_named(p, $1, $3, @$); } ;
rows: row { $$ = items_rows(p, NULL, $1); } | rows SEMICOLON row { $$ = items_rows(p, $1, $3); } ;
row: exprs { $$ = $1; } ;

held_derivative: derivative { $$ = $1; }
               | nabla { $$ = $1; }
               | held_derivative EVAL held RBRACE { $$ = build_index_like(p, SYN_HOLD, $1, $3, @$); } ;
derivative: PARTIAL numerator OVER_PARTIAL denominators { $$ = build_derivative(p, $1, $2, $4, @$); }
          | PARTIAL OVER_PARTIAL denominators { $$ = build_derivative(p, $1, NULL, $3, @$); } ;
numerator: post { $$ = $1; } | post LPAREN args RPAREN { $$ = build_applied(p, $1, build_list(p, SYN_PAREN, $3, @3), @$); } ;
denominators: denominator { $$ = build_below(p, NULL, $1); } | denominators denominator { $$ = build_below(p, $1, $2); } ;
denominator: DENOMINATOR below { $$ = $2; }
           | DENOMINATOR below SUPER { $$ = build_power_sign(p, $2, $3, @$); }
           | DENOMINATOR below CARET NUMBER { $$ = build_two(p, SYN_POWER, $2, build_number(p, $4), @$); } ;
below: dname { $$ = $1; } | below INDEX items RBRACKET { $$ = build_index(p, $1, $3, @$); } ;
nabla: NABLA UNDERSCORE nabla_name nabla_operand { $$ = build_gradient(p, $3, $4, @$); } ;
nabla_name: NAME { $$ = build_name(p, $1); } | SUBSCRIPT below RBRACE { $$ = $2; } ;
nabla_operand: below { $$ = $1; }
             | LPAREN args RPAREN { $$ = build_list(p, SYN_PAREN, $2, @$); }
             | below LPAREN_TOUCHING args RPAREN { $$ = build_applied(p, $1, build_list(p, SYN_PAREN, $3, @3), @$); } ;

%%

int delta_yylex(DELTA_YYSTYPE *value, span *at, parser *p) {
    if (p->next >= p->count) return 0;
    const token *t = &p->list[p->next++];
    value->token = t;
    *at = t->at;
    return t->kind;
}

/* Only reached when the parser's own stack is exhausted; other errors come through yyreport_syntax_error. */
void delta_yyerror(const span *at, parser *p, const char *message) {
    (void)message;
    diag_add(p->errors, DIAG_ERROR, *at, "this is nested too deeply");
}

static int yyreport_syntax_error(const yypcontext_t *context, parser *p) {
    enum { MOST = 128 };
    yysymbol_kind_t expected[MOST];
    int kinds[MOST], count = yypcontext_expected_tokens(context, expected, MOST), used = 0;
    for (int i = 0; i < count; i++)
        for (int kind = T_NUMBER; kind <= T_WRONG; kind++)
            if ((yysymbol_kind_t)YYTRANSLATE(kind) == expected[i]) kinds[used++] = kind;
    report_unexpected(p, kinds, used);
    return 0;
}
