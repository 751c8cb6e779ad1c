/* One expression of LaTeX. What needs more than neighbouring tokens (∂ fractions, the reach of Σ, functions without parentheses, what a subscript
 * means) is decided by the constructors (latex_build.c, latex_script.c), so this grammar has no conflicts. Everything lives in the arena. */
%define api.pure full
%define api.prefix {latex_yy}
%define api.token.prefix {T_}
%define api.location.type {span}
%define parse.error custom
%locations
%expect 0
%param { latex_parser *p }

%code requires {
#include "grammar/latex_build.h"
#ifndef YYLLOC_DEFAULT
#define YYLLOC_DEFAULT(current, right, count)                                                                             \
    ((current) = (count) ? span_join(YYRHSLOC(right, 1), YYRHSLOC(right, count))                                            \
                         : (span){YYRHSLOC(right, 0).source, YYRHSLOC(right, 0).end, YYRHSLOC(right, 0).end})
#endif
#define YYMAXDEPTH 20000
}
%code {
int latex_yylex(LATEX_YYSTYPE *value, span *at, latex_parser *p);
void latex_yyerror(const span *at, latex_parser *p, const char *message);
}

%union {
    const latex_token *token;
    syn *node;
    latex_items *list;
    latex_scripts *scripts;
    int op;
}

%token <token> NUMBER "a number" NAME "a name" TEXT "a word" SIGN "a sum sign" PRIME "'" UNDERBRACE "an under-brace" RELATION "a relation"
%token <token> ATOM "what is not looked into"
%token <token> LPAREN "(" LBRACKET "[" LSET "\\{" MINUS "-" TOP "\\top" STAR "\\star"
%token <token> ODOT "\\odot"
%token FRAC "\\frac" SQRT "\\sqrt" LBRACE "{" RBRACE "}" RPAREN ")" RBRACKET "]" RSET "\\}" BAR_OPEN "|" BAR_CLOSE "closing |" NORM_OPEN "‖" NORM_CLOSE "closing ‖"
%token SUB "_" SUP "^" EVAL "| of a value" PLUS "+" TIMES "*" CROSS "\\times" DOT "\\cdot" SLASH "/" OSLASH "\\oslash" COMMA "," SEMICOLON ";" COND "|  of a condition"
%token MATRIX "a matrix" CASES "cases" STOP "." END_MATRIX "the end of a matrix" AMP "&" NEWROW "\\\\" BANG "!" LANGLE "\\langle" RANGLE "\\rangle"
/* Only before the parser, or never read. */
%token COMMAND PARAMETER OPAQUE QUAD COLON BAR NORM

%type <list> terms factors items cells matrix_rows case_rows case
%type <node> sum signed factor base group item arg entry condition
%type <scripts> scripts
%type <op> op

%%

start: sum { p->result = $1; } ;

sum: terms { $$ = latex_sum(p, $1, @$); } ;
terms: signed { $$ = latex_list(p, NULL, '+', $1); }
     | terms PLUS signed { $$ = latex_list(p, $1, '+', $3); }
     | terms MINUS signed { $$ = latex_list(p, $1, '-', $3); } ;
signed: factors { $$ = latex_product(p, $1, @$); }
      | MINUS signed { $$ = latex_node(p, SYN_NEGATE, $2, NULL, @$); }
      | PLUS signed { $$ = $2; } ;
factors: factor { $$ = latex_list(p, NULL, ' ', $1); }
       | factors factor { $$ = latex_list(p, $1, ' ', $2); }
       | factors op factor { $$ = latex_list(p, $1, $2, $3); }
       | factors op MINUS factor { $$ = latex_list(p, $1, $2, latex_paren(p, latex_node(p, SYN_NEGATE, $4, NULL, span_join(@3, @4)))); } ;
op: TIMES { $$ = '*'; } | CROSS { $$ = '.'; } | DOT { $$ = '.'; } | SLASH { $$ = '/'; } | ODOT { $$ = $1->number ? LATEX_CIRCLE : 'o'; } | OSLASH { $$ = '%'; } ;

factor: base scripts { $$ = latex_scripted(p, $1, $2, @$); } ;
scripts: %empty { $$ = NULL; }
       | scripts SUB arg { $$ = latex_script(p, $1, '_', $3, 0); }
       | scripts SUP arg { $$ = latex_script(p, $1, '^', $3, 0); }
       | scripts PRIME { $$ = latex_script(p, $1, '\'', NULL, $2->number); }
       | scripts BANG { $$ = latex_script(p, $1, '!', NULL, 0); }
       | scripts EVAL SUB arg { $$ = latex_script(p, $1, '|', $4, 0); } ;
arg: NUMBER { $$ = latex_digit(p, $1); }
   | NAME { $$ = latex_name(p, $1); }
   | TEXT { $$ = latex_text(p, $1); }
   | TOP { $$ = latex_mark(p, $1, "top"); }
   | STAR { $$ = latex_mark(p, $1, "star"); }
   | TIMES { $$ = latex_mark(p, NULL, "star"); $$->at = @$; }
   | PRIME { $$ = latex_mark(p, $1, "prime"); $$->number = $1->number; }
   | FRAC arg arg { $$ = latex_fraction(p, $2, $3, @$); }
   | SQRT arg { $$ = latex_root(p, $2, @$); }
   | group { $$ = $1; } ;
group: LBRACE RBRACE { $$ = latex_node(p, SYN_EMPTY, NULL, NULL, @$); }
     | LBRACE items RBRACE { $$ = latex_group(p, $2, @$); } ;
items: item { $$ = latex_list(p, NULL, ',', $1); }
     | items COMMA item { $$ = latex_list(p, $1, ',', $3); }
     | items SEMICOLON item { $$ = latex_list(p, $1, ';', $3); }
     | items COND item { $$ = latex_list(p, $1, '|', $3); } ;
item: sum { $$ = $1; }
    | sum RELATION sum { $$ = latex_compare(p, $1, $2, $3, @$); }
    | sum RELATION sum RELATION sum { $$ = latex_between(p, latex_compare(p, $1, $2, $3, @$), latex_compare(p, $3, $4, $5, @$), @$); }
    | sum TOP { $$ = latex_nodes(p, SYN_EMPTY, latex_list(p, latex_list(p, NULL, ' ', $1), ' ', latex_mark(p, $2, "top")), @$); } /* ^{[1]\\top} */
    | entry { $$ = $1; } ;
entry: TOP { $$ = latex_mark(p, $1, "top"); }
     | STAR { $$ = latex_mark(p, $1, "star"); }
     | TIMES { $$ = latex_mark(p, NULL, "star"); $$->at = @$; }
     | PRIME { $$ = latex_mark(p, $1, "prime"); $$->number = $1->number; } ;

base: NUMBER { $$ = latex_number(p, $1); }
    | NAME { $$ = latex_name(p, $1); }
    | TEXT { $$ = latex_word(p, $1); }
    | ATOM { $$ = (syn *)(size_t)$1->node; }
    | SIGN { $$ = latex_sign(p, $1); }
    | group { $$ = latex_paren(p, $1); }
    | LPAREN items RPAREN { $$ = latex_nodes(p, SYN_PAREN, $2, @$); }
    | LBRACKET items RBRACKET { $$ = latex_square(p, $2, @$); }
    | LSET items RSET { $$ = latex_set(p, $2, @$); }
    | LANGLE items RANGLE { $$ = latex_inner(p, $2, @$); }
    | BAR_OPEN sum BAR_CLOSE { $$ = latex_node(p, SYN_ABS, $2, NULL, @$); }
    | NORM_OPEN sum NORM_CLOSE { $$ = latex_node(p, SYN_NORM, $2, NULL, @$); }
    | FRAC arg arg { $$ = latex_fraction(p, $2, $3, @$); }
    | SQRT arg { $$ = latex_root(p, $2, @$); }
    | SQRT LBRACKET NUMBER RBRACKET arg { $$ = latex_nth_root(p, $3, $5, @$); }
    | UNDERBRACE group { $$ = latex_braced(p, $1, $2, @$); }
    | MATRIX matrix_rows END_MATRIX { $$ = latex_matrix(p, $2, @$); }
    | CASES case_rows END_MATRIX { $$ = latex_cases(p, $2, @$); } ;
/* Values and conditions in turn. */
case_rows: case { $$ = $1; }
         | case_rows NEWROW case { $$ = latex_append(p, $1, $3); }
         | case_rows NEWROW { $$ = $1; } ;
case: sum comma AMP condition stop { $$ = latex_list(p, latex_list(p, NULL, ',', $1), ',', $4); } ;
condition: sum { $$ = $1; }
         | sum RELATION sum { $$ = latex_compare(p, $1, $2, $3, @$); }
         | sum RELATION sum RELATION sum { $$ = latex_between(p, latex_compare(p, $1, $2, $3, @$), latex_compare(p, $3, $4, $5, @$), @$); } ;
comma: %empty | COMMA ;
stop: %empty | COMMA | SEMICOLON | STOP ;
matrix_rows: cells { $$ = latex_list(p, NULL, ';', latex_nodes(p, SYN_PAREN, $1, @1)); }
           | matrix_rows NEWROW cells { $$ = latex_list(p, $1, ';', latex_nodes(p, SYN_PAREN, $3, @3)); }
           | matrix_rows NEWROW { $$ = $1; } ;
cells: sum { $$ = latex_list(p, NULL, ',', $1); } | cells AMP sum { $$ = latex_list(p, $1, ',', $3); } ;

%%

int latex_yylex(LATEX_YYSTYPE *value, span *at, latex_parser *p)
{
    if (p->next >= p->count) {
        if (p->count)
            *at = (span){p->list[p->count - 1].at.source, p->list[p->count - 1].at.end, p->list[p->count - 1].at.end};
        return 0;
    }
    const latex_token *t = &p->list[p->next++];
    value->token = t;
    *at = t->at;
    return t->kind;
}

void latex_yyerror(const span *at, latex_parser *p, const char *message)
{
    (void)message;
    latex_trouble(p, *at, "this is nested too deeply");
}

static int yyreport_syntax_error(const yypcontext_t *context, latex_parser *p)
{
    const latex_token *t = p->next > 0 ? &p->list[p->next - 1] : NULL;
    if (yypcontext_token(context) == YYSYMBOL_YYEOF)
        latex_trouble(p, t ? t->at : *yypcontext_location(context), "it ends with an operator that nothing follows");
    else
        latex_unexpected(p, t);
    return 0;
}

syn *latex_parse_expression(latex_parser *p)
{
    if (latex_yyparse(p) != 0 && !p->trouble)
        latex_trouble(p, (span){p->reading->number, 0, 0}, "it cannot be read");
    return p->trouble ? NULL : p->result;
}
