#include "app/npy.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <string_view>

#include "base/check.h"
#include "platform/files.h"

namespace weir::app {

Status WriteNpy(const std::string& path, std::span<const float> values,
                const std::vector<size_t>& shape) {
  CHECK(std::accumulate(shape.begin(), shape.end(), size_t{1}, std::multiplies<>()) ==
        values.size());
  std::string dims;
  for (const size_t n : shape) dims += fmt::format("{}, ", n);
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", dims);
  constexpr size_t kAlign = 64;
  constexpr size_t kPreamble = 10;  // magic, version, header length
  header.append(kAlign - (kPreamble + header.size() + 1) % kAlign, ' ');
  header.push_back('\n');
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes.push_back(static_cast<char>(header.size() & 0xFFU));
  bytes.push_back(static_cast<char>(header.size() >> 8U));
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return platform::WriteFileDurably(path, bytes, 0644);
}

}  // namespace weir::app
