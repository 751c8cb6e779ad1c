/* The commands: each reads argv (argv[0] is its own name) and returns an exit status. */
#ifndef GEN_TOOL_COMMANDS_H
#define GEN_TOOL_COMMANDS_H

#define DELTAC_VERSION "0.1"

int command_check(int argc, char **argv);
int command_derive(int argc, char **argv);
int command_emit(int argc, char **argv);
int command_build(int argc, char **argv);
int command_train(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_fmt(int argc, char **argv);
int command_report(int argc, char **argv);
int command_lsp(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_dump(int argc, char **argv);

#endif
