// The records of a log, one after the other.

#include "audit/line_reader.h"
#include "audit/verify.h"

namespace weir::audit {

struct RecordReader::Impl {
  LineReader lines;
  bool at_end = false;
};

RecordReader::RecordReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

Result<RecordReader> RecordReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path));
  return RecordReader(std::make_unique<Impl>(Impl{std::move(lines)}));
}

Result<std::optional<Record>> RecordReader::Next() {
  if (impl_->at_end) return std::nullopt;
  const Result<std::optional<std::string_view>> line = impl_->lines.Next();
  if (line && !*line) {
    impl_->at_end = true;
    return std::nullopt;
  }
  Result<Record> record = line ? ParseRecord(**line) : MakeError(line.error());
  if (record) return std::optional<Record>(std::move(*record));
  impl_->at_end = true;
  return MakeError(record.error());
}

uint64_t RecordReader::line() const { return impl_->lines.line(); }
uint64_t RecordReader::offset() const { return impl_->lines.offset(); }
uint64_t RecordReader::torn_bytes() const { return impl_->lines.torn_bytes(); }

}  // namespace weir::audit
