#include "model/ops.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/check.h"

namespace weir::model {
namespace {

// Below this many rows an elementwise operation is done before the other workers would have woken
// up.
constexpr int kRowsWorthSharing = 8;
// Workers take weight rows and channels in multiples of what a kernel has side by side.
constexpr int64_t kRowGrain = 32;
// Units of work per worker of a matrix multiplication: enough that none waits long for the last
// one, few enough that a unit is worth more than taking it.
constexpr int64_t kUnitsPerWorker = 8;

}  // namespace

template <class Body>
void Ops::ForRows(int n, const Body& body) const {
  if (n < kRowsWorthSharing || pool_.n_threads() == 1) {
    for (int row = 0; row < n; ++row) body(row);
    return;
  }
  pool_.Run([&](int worker) {
    const kernels::Share share = kernels::ShareOf(n, 1, worker, pool_.n_threads());
    for (int64_t row = share.begin; row < share.end; ++row) body(static_cast<int>(row));
  });
}

template <class Body>
void Ops::ForUnits(int64_t n_units, const Body& body) const {
  std::atomic<int64_t> next = 0;
  const auto work = [&](int worker) {
    for (int64_t unit = next.fetch_add(1, std::memory_order_relaxed); unit < n_units;
         unit = next.fetch_add(1, std::memory_order_relaxed)) {
      body(unit, worker);
    }
  };
  n_units == 1 ? work(0) : pool_.Run(work);
}

void Ops::Embed(const Matrix& table, std::span<const TokenId> tokens, Rows out) const {
  ForRows(out.n, [&](int i) {
    const std::byte* row = table.data + tokens[static_cast<size_t>(i)] * table.row_bytes;
    quant::DequantizeRow(table.type, row, table.cols, out.row(i));
  });
}

void Ops::RmsNorm(Rows x, const Vector& w, float eps, Rows out) const {
  const int width = static_cast<int>(w.size());
  ForRows(x.n, [&](int i) {
    for (int part = 0; part < x.width; part += width) {
      k_.rms_norm(x.row(i) + part, w.data(), width, eps, out.row(i) + part);
    }
  });
}

void Ops::Add(Rows x, Rows y) const {
  ForRows(x.n, [&](int i) { k_.add(x.row(i), y.row(i), x.width); });
}

void Ops::SiluMul(Rows gate, Rows up) const {
  ForRows(gate.n, [&](int i) { k_.silu_mul(gate.row(i), up.row(i), gate.width); });
}

void Ops::Sigmoid(Rows x) const {
  ForRows(x.n, [&](int i) { k_.sigmoid(x.row(i), x.width); });
}

void Ops::MatMul(Rows x, std::initializer_list<Product> products) const {
  size_t n = 0;
  for (const Product& product : products) {
    memory_.tasks[n++] = {product.weight, nullptr, 0, x.n, product.out.data};
  }
  RunTasks(x, n);
}

void Ops::MatMul(Rows x, const Vector& weight, Rows out) const {
  const Matrix matrix = {reinterpret_cast<const std::byte*>(weight.data()), quant::Type::kF32,
                         out.width, x.width,
                         int64_t{x.width} * static_cast<int64_t>(sizeof(float))};
  MatMul(x, {{matrix, out}});
}

void Ops::ExpertMatMulOfTokens(const MoeRouting& routing, Rows x,
                               std::initializer_list<ExpertProduct> products) const {
  size_t n = 0;
  for (const ExpertProduct& product : products) {
    for (const ExpertGroup& group : routing.groups()) {
      memory_.tasks[n++] = {product.weight.expert(group.expert),
                            routing.token_of_row() + group.first, 0, group.count,
                            product.out.row(group.first)};
    }
  }
  RunTasks(x, n);
}

void Ops::ExpertMatMulOfPairs(const MoeRouting& routing, Rows x,
                              const ExpertProduct& product) const {
  size_t n = 0;
  for (const ExpertGroup& group : routing.groups()) {
    memory_.tasks[n++] = {product.weight.expert(group.expert), nullptr, group.first, group.count,
                          product.out.row(group.first)};
  }
  RunTasks(x, n);
}

// Brings x to the 8-bit forms that the tasks' kernels read.
kernels::Activations Ops::Prepare(Rows x, std::span<const MatMulTask> tasks) const {
  bool block32 = false;
  bool block256 = false;
  for (const MatMulTask& task : tasks) {
    const kernels::ActivationForm form = k_.FormFor(task.weight.type);
    block32 |= form == kernels::ActivationForm::kBlock32;
    block256 |= form == kernels::ActivationForm::kBlock256;
  }
  kernels::Activations input = memory_.input;
  input.n_rows = x.n;
  input.n_cols = x.width;
  input.f32 = x.data;
  if (!block32 && !block256) return input;
  const int64_t n = x.width;
  ForRows(x.n, [&](int i) {
    if (block32) {
      k_.quantise32(x.row(i), x.width, input.q32 + i * n, input.scale32 + i * (n / 32),
                    input.scaled_sum32 + i * (n / 32), input.sum32 + i * (n / 32));
    }
    if (block256) {
      k_.quantise256(x.row(i), x.width, input.q256 + i * n, input.scale256 + i * (n / 256),
                     input.sums256 + i * (n / 16 + n / 32));
    }
  });
  return input;
}

// Units are runs of rows of one task; whoever is free takes the next one.
void Ops::RunTasks(Rows x, size_t n_tasks) const {
  const std::span<const MatMulTask> tasks = std::span(memory_.tasks).first(n_tasks);
  const kernels::Activations input = Prepare(x, tasks);
  int64_t total = 0;
  for (const MatMulTask& task : tasks) total += task.cost();
  int64_t n_units = 0;
  for (MatMulTask& task : std::span(memory_.tasks).first(n_tasks)) {
    const int64_t wanted = 1 + kUnitsPerWorker * pool_.n_threads() * task.cost() / total;
    const int64_t share = (task.weight.rows + wanted - 1) / wanted;
    task.unit_rows = static_cast<int>((share + kRowGrain - 1) / kRowGrain * kRowGrain);
    task.first_unit = n_units;
    n_units += (task.weight.rows + task.unit_rows - 1) / task.unit_rows;
  }
  ForUnits(n_units, [&](int64_t unit, int) {
    const auto after =
        std::upper_bound(tasks.begin(), tasks.end(), unit,
                         [](int64_t u, const MatMulTask& task) { return u < task.first_unit; });
    const MatMulTask& task = *std::prev(after);
    const int row = static_cast<int>(unit - task.first_unit) * task.unit_rows;
    RunRows(task, input, row, std::min(task.weight.rows, row + task.unit_rows));
  });
}

void Ops::RunRows(const MatMulTask& task, const kernels::Activations& x, int row_begin,
                  int row_end) const {
  kernels::MatMulArgs args;
  args.weights = task.weight.data;
  args.type = task.weight.type;
  args.row_bytes = task.weight.row_bytes;
  args.row_begin = row_begin;
  args.row_end = row_end;
  args.x = &x;
  args.x_rows = task.x_rows;
  args.x_first = task.x_first;
  args.n_tokens = task.n_tokens;
  args.out = task.out;
  args.out_stride = task.weight.rows;
  k_.MatMulFor(task.weight.type)(args);
}

void Ops::WeightedSum(const MoeRouting& routing, Rows y, Rows out) const {
  ForRows(out.n, [&](int token) {
    std::fill_n(out.row(token), out.width, 0.0f);
    for (int j = 0; j < routing.n_used(); ++j) {
      k_.add_scaled(out.row(token), y.row(routing.row(token, j)), routing.weight(token, j),
                    out.width);
    }
  });
}

void Ops::ShortConv(Rows bcx, const Vector& taps, float* state, Rows y) const {
  const auto convolve = [&](int64_t channel_begin, int64_t channel_end) {
    kernels::ShortConvArgs args;
    args.bcx = bcx.data;
    args.taps = taps.data();
    args.state = state;
    args.y = y.data;
    args.n_tokens = y.n;
    args.d = y.width;
    args.channel_begin = static_cast<int>(channel_begin);
    args.channel_end = static_cast<int>(channel_end);
    k_.short_conv(args);
  };
  if (y.n < kRowsWorthSharing) return convolve(0, y.width);
  pool_.Run([&](int worker) {
    const kernels::Share share = kernels::ShareOf(y.width, kRowGrain, worker, pool_.n_threads());
    convolve(share.begin, share.end);
  });
}

// Angles in double: at position 128000 a float has lost the third decimal of the fastest pair's
// angle.
void Ops::RopeAngles(std::span<const double> frequency, int first_pos, Rows cosine, Rows sine) {
  for (int t = 0; t < cosine.n; ++t) {
    for (size_t j = 0; j < frequency.size(); ++j) {
      const double angle = (double{1} * first_pos + t) * frequency[j];
      cosine.row(t)[j] = static_cast<float>(std::cos(angle));
      sine.row(t)[j] = static_cast<float>(std::sin(angle));
    }
  }
}

void Ops::Rope(Rows x, Rows cosine, Rows sine) const {
  const int half = cosine.width;
  ForRows(x.n, [&](int t) {
    for (int head = 0; head < x.width; head += 2 * half) {
      k_.rope(x.row(t) + head, cosine.row(t), sine.row(t), half);
    }
  });
}

void Ops::StoreKv(Rows k, Rows v, int first_pos, const KvView& kv) const {
  const kernels::KvKernels& format = k_.KvFor(kv.format);
  ForRows(k.n, [&](int t) {
    for (int64_t head = 0; head < kv.n_kv_heads; ++head) {
      const int64_t column = head * kv.head_dim;
      format.store_k(k.row(t) + column, kv.head_dim, first_pos + t, kv.k + head * kv.head_bytes);
      format.store_v(v.row(t) + column, kv.head_dim, first_pos + t, kv.v + head * kv.head_bytes);
    }
  });
}

// Items are a KV head and some tokens in a row; the last tokens, which see most keys, come first.
void Ops::Attention(Rows q, int first_pos, const KvView& kv, Rows out) const {
  const kernels::KvKernels& format = k_.KvFor(kv.format);
  const int group = q.width / kv.head_dim / kv.n_kv_heads;
  const int n_chunks = (q.n + kAttentionTokens - 1) / kAttentionTokens;
  ForUnits(int64_t{n_chunks} * kv.n_kv_heads, [&](int64_t item, int worker) {
    const int64_t head = item % kv.n_kv_heads;
    const int begin = (n_chunks - 1 - static_cast<int>(item / kv.n_kv_heads)) * kAttentionTokens;
    const int64_t column = head * group * kv.head_dim;
    kernels::AttentionArgs args;
    args.q = q.row(begin) + column;
    args.q_stride = q.width;
    args.k = kv.k + head * kv.head_bytes;
    args.v = kv.v + head * kv.head_bytes;
    args.out = out.row(begin) + column;
    args.out_stride = out.width;
    args.scratch = memory_.attention.row(worker);
    args.first_pos = first_pos + begin;
    args.n_tokens = std::min(kAttentionTokens, q.n - begin);
    args.group = group;
    args.head_dim = kv.head_dim;
    args.scale = 1.0f / std::sqrt(static_cast<float>(kv.head_dim));
    format.attention(args);
  });
}

}  // namespace weir::model
