#pragma once
// e^x from additions and multiplications alone, so that every machine gets the same bits; the
// exponential of a C library differs in the last place between versions. Pure.

namespace weir::sampler {

// For x <= 0; below -700 it is 0. Relative error under 1e-15.
double Exponential(double x);

}  // namespace weir::sampler
