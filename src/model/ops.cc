#include "model/ops.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace weir::model {
namespace {

// Below this many rows an elementwise operation is done before the other workers would have woken
// up.
constexpr int kRowsWorthSharing = 8;
// Workers take weight rows and channels in multiples of a cache line of output.
constexpr int64_t kRowGrain = 16;

// Where the part before `cost` of a list of tasks ends inside a task that begins at `task_begin`: a
// row of it.
int RowAtCost(const MatMulTask& task, int64_t task_begin, int64_t cost) {
  if (cost <= task_begin) return 0;
  const int64_t rows = (cost - task_begin) / std::max<int64_t>(1, task.row_cost());
  return static_cast<int>(std::min<int64_t>(task.weight.rows, rows / kRowGrain * kRowGrain));
}

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

// Every worker takes a contiguous part of the whole list, equal in cost: rows of one task, or of
// several.
void Ops::RunTasks(Rows x, size_t n_tasks) const {
  const std::span<const MatMulTask> tasks = std::span(memory_.tasks).first(n_tasks);
  const kernels::Activations input = Prepare(x, tasks);
  int64_t total = 0;
  for (const MatMulTask& task : tasks) total += task.row_cost() * task.weight.rows;
  pool_.Run([&](int worker) {
    const int64_t begin = total * worker / pool_.n_threads();
    const int64_t end = total * (worker + 1) / pool_.n_threads();
    int64_t task_begin = 0;
    for (const MatMulTask& task : tasks) {
      const int64_t task_end = task_begin + task.row_cost() * task.weight.rows;
      const int row_begin = RowAtCost(task, task_begin, begin);
      const int row_end = end >= task_end ? task.weight.rows : RowAtCost(task, task_begin, end);
      if (row_begin < row_end) RunRows(task, input, row_begin, row_end);
      task_begin = task_end;
    }
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
  const int64_t row_bytes = int64_t{kv.head_dim} * k_.kv_value_bytes;
  ForRows(k.n, [&](int t) {
    for (int64_t head = 0; head < kv.n_kv_heads; ++head) {
      const int64_t offset = (head * kv.max_tokens + first_pos + t) * row_bytes;
      k_.store_kv(k.row(t) + head * kv.head_dim, kv.head_dim, kv.k + offset);
      k_.store_kv(v.row(t) + head * kv.head_dim, kv.head_dim, kv.v + offset);
    }
  });
}

// Items are (token, KV head), dealt out in turn since later tokens see more keys.
void Ops::Attention(Rows q, int first_pos, const KvView& kv, Rows out) const {
  const int group = q.width / kv.head_dim / kv.n_kv_heads;
  const int64_t head_bytes = int64_t{kv.max_tokens} * kv.head_dim * k_.kv_value_bytes;
  pool_.Run([&](int worker) {
    for (int item = worker; item < q.n * kv.n_kv_heads; item += pool_.n_threads()) {
      const int t = item / kv.n_kv_heads;
      const int head = item % kv.n_kv_heads;
      kernels::AttentionArgs args;
      args.q = q.row(t) + int64_t{head} * group * kv.head_dim;
      args.k = kv.k + head * head_bytes;
      args.v = kv.v + head * head_bytes;
      args.scores = memory_.scores.row(worker);
      args.out = out.row(t) + int64_t{head} * group * kv.head_dim;
      args.n_keys = first_pos + t + 1;
      args.group = group;
      args.head_dim = kv.head_dim;
      args.scale = 1.0f / std::sqrt(static_cast<float>(kv.head_dim));
      k_.attention(args);
    }
  });
}

}  // namespace weir::model
