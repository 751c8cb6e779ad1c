// C and D on dlib: dense layers of relu and a softmax with cross-entropy, plain gradient descent in float. -DWORK_C or -DWORK_D; arguments as of bench/drive.c.
#include <dlib/dnn.h>

#include "bench.h"

using namespace dlib;
#ifdef WORK_C
using net_type = loss_multiclass_log<fc<10, relu<fc<128, input<matrix<float>>>>>>;
#else
using net_type = loss_multiclass_log<fc<10, relu<fc<1024, relu<fc<1024, input<matrix<float>>>>>>>>;
#endif

struct work {
    net_type net;
    std::vector<sgd> solvers;
    std::vector<matrix<float>> x;
    std::vector<unsigned long> y;
    long batch, passes;
};

static void pass(void *context)
{
    work &w = *static_cast<work *>(context);
    resizable_tensor data;
    for (long p = 0; p < w.passes; p++)
        for (std::size_t s = 0; s < w.x.size(); s += static_cast<std::size_t>(w.batch)) {
            auto end = std::min(w.x.size(), s + static_cast<std::size_t>(w.batch));
            w.net.to_tensor(w.x.begin() + static_cast<long>(s), w.x.begin() + static_cast<long>(end), data);
            w.net.compute_parameter_gradients(data, w.y.begin() + static_cast<long>(s));
            w.net.update_parameters(w.solvers, 0.1);
        }
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    work w;
    w.batch = std::atol(argv[1]);
    w.passes = std::atol(argv[3]);
    w.solvers.assign(net_type::num_computational_layers, sgd(0, 0));
    long samples = std::atol(argv[2]);
    for (long s = 0; s < samples; s++) {
        matrix<float> m(784, 1);
        for (long i = 0; i < 784; i++)
            m(i) = static_cast<float>(bench_uniform(0, static_cast<std::uint64_t>(s * 784 + i)));
        w.x.push_back(m);
        w.y.push_back(static_cast<unsigned long>(bench_uniform(9, static_cast<std::uint64_t>(s)) * 10));
    }
    bench_report(pass, &w, std::atof(argv[4]));
    return 0;
}
