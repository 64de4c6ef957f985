#include "convert/write_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "gguf/writer.h"
#include "kernels/thread_pool.h"
#include "quant/quantize.h"

namespace weir::convert {
namespace {

using quant::Type;

constexpr int64_t kSliceValues = int64_t{1} << 22;  // encoded by all threads, then written
constexpr int64_t kChunkValues = int64_t{1} << 15;  // decoded and encoded in a core's cache
constexpr uint32_t kQuantizationVersion = 2;        // of the block layouts
constexpr float kLargestHalf = 65504;

size_t BytesOf(Type type, int64_t n_values) {
  return static_cast<size_t>(quant::RowBytes(type, n_values));
}

// A value that cannot be written.
struct BadValue {
  int64_t index = std::numeric_limits<int64_t>::max();  // in the slice
  float value = 0;
};

// Encodes one tensor after the other and appends it to the file.
class TensorEncoder {
 public:
  TensorEncoder(kernels::ThreadPool& pool, gguf::Writer& file, const Progress& progress,
                const std::stop_token& stop)
      : pool_(pool), file_(file), progress_(progress), stop_(stop) {
    workers_.resize(static_cast<size_t>(pool.n_threads()));
    for (Worker& worker : workers_) worker.values.resize(kChunkValues);
  }

  Status Write(const Source& source, const SourceTensor& tensor, Type type) {
    int64_t done = 0;
    for (const Part& part : tensor.parts) {
      const auto n_values = static_cast<int64_t>(part.n_values());
      for (int64_t begin = 0; begin < n_values; begin += kSliceValues) {
        if (stop_.stop_requested()) return MakeError(ErrorCode::kCancelled, "interrupted");
        const int64_t n = std::min(kSliceValues, n_values - begin);
        const auto bytes = part.bytes.subspan(BytesOf(part.type, begin), BytesOf(part.type, n));
        if (const BadValue bad = Encode({part.type, bytes}, n, type); bad.index < n)
          return Refuse(tensor.tensor.name, done + begin + bad.index, bad.value);
        RETURN_IF_ERROR(file_.Append(slice_));
        source.Release(bytes);
        if (progress_) progress_(file_.written_bytes(), file_.file_bytes());
      }
      done += n_values;
    }
    return {};
  }

 private:
  struct Worker {
    std::vector<float> values;
    BadValue bad;
  };

  // Fills slice_; the first value that cannot be written, if there is one.
  BadValue Encode(const Part& from, int64_t n_values, Type type) {
    slice_.resize(BytesOf(type, n_values));
    pool_.Run([&](int index) {
      Worker& worker = workers_[static_cast<size_t>(index)];
      worker.bad = {};
      const kernels::Share share =
          kernels::ShareOf(n_values, kChunkValues, index, pool_.n_threads());
      for (int64_t begin = share.begin; begin < share.end; begin += kChunkValues)
        EncodeChunk(from, begin, std::min(kChunkValues, share.end - begin), type, worker);
    });
    BadValue first;
    for (const Worker& worker : workers_) {
      if (worker.bad.index < first.index) first = worker.bad;
    }
    return first;
  }

  void EncodeChunk(const Part& from, int64_t begin, int64_t n, Type type, Worker& worker) {
    const std::byte* in = from.bytes.data() + BytesOf(from.type, begin);
    std::byte* out = slice_.data() + BytesOf(type, begin);
    float* values = worker.values.data();
    quant::DequantizeRow(from.type, in, n, values);
    const float limit = type == Type::kF16 ? kLargestHalf : std::numeric_limits<float>::max();
    for (int64_t i = 0; i < n; ++i) {
      if (std::fabs(values[i]) <= limit) continue;  // false for NaN
      if (begin + i < worker.bad.index) worker.bad = {begin + i, values[i]};
      return;
    }
    if (from.type == type) {
      std::memcpy(out, in, BytesOf(type, n));
    } else {
      quant::QuantizeRow(type, values, n, out);
    }
  }

  static Status Refuse(const std::string& tensor, int64_t index, float value) {
    if (std::isfinite(value)) {
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}': value {} is {}, beyond the largest of F16, {}; choose BF16 or "
                       "Q8_0",
                       tensor, index, value, kLargestHalf);
    }
    return MakeError(ErrorCode::kCorruptData,
                     "tensor '{}': value {} is {}, expected a finite number; the weights are "
                     "damaged, fetch them again",
                     tensor, index, value);
  }

  kernels::ThreadPool& pool_;
  gguf::Writer& file_;
  const Progress& progress_;
  const std::stop_token& stop_;
  std::vector<Worker> workers_;
  std::vector<std::byte> slice_;
};

}  // namespace

Result<Summary> WriteModel(const std::string& path, const Source& source, const Request& request,
                           const Progress& progress, const std::stop_token& stop) {
  gguf::MetadataBuilder metadata = source.metadata;
  metadata.Add("general.quantization_version", kQuantizationVersion);
  metadata.Add("general.file_type", model::MixFileType(request.mix));
  Summary summary;
  std::vector<gguf::TensorPlan> plans;
  for (const SourceTensor& from : source.tensors) {
    const Type type = model::TypeInMix(request.mix, from.tensor, source.dims);
    plans.push_back({from.tensor.name, from.tensor.shape, static_cast<uint32_t>(type)});
    summary.n_parameters += from.tensor.n_values();
    ++summary.n_of_type[quant::FindType(static_cast<uint32_t>(type))->name];
    if (type != Type::kQ8_0 && from.parts.front().type == Type::kQ8_0) ++summary.n_quantised_twice;
  }
  try {
    kernels::ThreadPool pool(request.n_threads);
    ASSIGN_OR_RETURN(gguf::Writer file, gguf::Writer::Create(path, metadata, plans));
    TensorEncoder encoder(pool, file, progress, stop);
    for (size_t i = 0; i < plans.size(); ++i) {
      RETURN_IF_ERROR(
          encoder.Write(source, source.tensors[i], static_cast<Type>(plans[i].type_id)));
    }
    RETURN_IF_ERROR(file.Finish());
    summary.file_bytes = file.file_bytes();
  } catch (const std::system_error& e) {
    return MakeError(ErrorCode::kResourceExhausted, "cannot start {} worker threads: {}",
                     request.n_threads, e.what());
  }
  summary.n_tensors = static_cast<int>(plans.size());
  return summary;
}

}  // namespace weir::convert
