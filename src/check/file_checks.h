#pragma once
// Checks of what the file says and holds, without computing with it: shape, tensors, quant types,
// scales, licence. Each gives one line of the report.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

#include "check/report.h"
#include "check/subject.h"
#include "kernels/kernels.h"

namespace weir::check {

// Bytes looked at so far, and of the file; called now and then.
using Progress = std::function<void(uint64_t bytes_done, uint64_t bytes_total)>;

// The dimensions in one line.
Finding CheckShape(const Subject& subject);
// Every tensor is there, with the shape that the dimensions ask for; vectors are finite.
Finding CheckTensors(const Subject& subject);
// Number and bytes of tensors a quant type, and whether `kernels` computes with it fast.
Finding CheckTypes(const Subject& subject, const kernels::KernelTable& kernels);
// No block of any tensor has a scale that is NaN or infinite. Reads the whole file once; a stop
// gives kUnknown.
Finding CheckScales(const Subject& subject, const Progress& progress, const std::stop_token& stop);
// The licence of the weights, with the condition of the LFM Open License where it is that.
Finding CheckLicence(const Subject& subject);

}  // namespace weir::check
