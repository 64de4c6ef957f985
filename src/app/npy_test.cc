#include "app/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

namespace weir::app {
namespace {

TEST(Npy, WritesAHeaderThatNumpyReadsAndAlignedValues) {
  const std::string path = ::testing::TempDir() + "/weir_npy_test.npy";
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(WriteNpy(path, values, {2, 3}).has_value());
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_NE(bytes.find("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }"),
            std::string::npos);
  ASSERT_EQ(bytes.size(), 10 + header + values.size() * sizeof(float));
  float last = 0;
  std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, 6);
}

TEST(Npy, SaysWhereItCouldNotWrite) {
  const Status status = WriteNpy("/nonexistent/x.npy", std::vector<float>{1}, {1});
  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace weir::app
