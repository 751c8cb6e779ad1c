/* The data readers: one file per format. `file` is inflated already; each takes what it needs of it into tensors. */
#ifndef DELTA_READERS_H
#define DELTA_READERS_H
#include "tensor.h"

int delta_csv_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors);
int delta_npy_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors);
int delta_npz_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors);
int delta_idx_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors);

/* One npy text of `size` bytes as tensor `name` of `path`. `whole` is the size of everything when only the beginning is in memory, else equal to size.
 * `data` is a block of the pool and becomes the tensor's. */
int delta_npy_parse(delta_pool *pool, unsigned char *data, size_t size, uint64_t whole, const char *path, const char *name, delta_tensor *tensor);

/* Elements of `size` bytes are turned to the other byte order. */
void delta_swap_bytes(unsigned char *bytes, size_t count, int size);

#endif
