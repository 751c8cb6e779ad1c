/* What runs first on the emulated board: memory as C wants it, then main. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t board_data, board_data_end, board_data_from, board_bss, board_bss_end, board_stack;
extern void initialise_monitor_handles(void);
int main(void);
void board_start(void);
void _fini(void);

/* exit() of the library calls it. */
void _fini(void)
{
}

void board_start(void)
{
    uint32_t *to = &board_data;
    const uint32_t *from = &board_data_from;
    while (to < &board_data_end)
        *to++ = *from++;
    for (to = &board_bss; to < &board_bss_end; to++)
        *to = 0;
    initialise_monitor_handles();
    exit(main());
}

static void board_fault(void)
{
    for (;;) {
    }
}

typedef union {
    void *stack;
    void (*function)(void);
} board_vector;

extern const board_vector board_vectors[16];
__attribute__((section(".vectors"), used)) const board_vector board_vectors[16] = {
    {.stack = &board_stack},    {.function = board_start}, {.function = board_fault}, {.function = board_fault},
    {.function = board_fault},  {.function = board_fault}, {.function = board_fault}};
