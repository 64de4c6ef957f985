// Cells as numbers: which of ',' and '.' is the decimal sign, and what is a number at all.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "tools/csv.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int kMaxScale = 12;

// A cell taken apart: "-1.234,50 €" -> negative, body "1.234,50".
struct Shape {
  bool is_negative = false;
  std::string body;      // digits, ',' and '.' only; spaces and apostrophes between digits dropped
  std::string exponent;  // "e-3"
  bool had_groups = false;  // spaces or apostrophes separated thousands
};

// Drops one currency sign or code at either end.
std::string_view DropCurrency(std::string_view cell) {
  static constexpr auto kSigns =
      std::to_array<std::string_view>({"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "EUR", "USD",
                                       "GBP", "CHF", "JPY", "\xE2\x82\xBD", "z\xC5\x82", "kr"});
  for (const std::string_view sign : kSigns) {
    if (cell.starts_with(sign)) return Trim(cell.substr(sign.size()));
    if (cell.ends_with(sign)) return Trim(cell.substr(0, cell.size() - sign.size()));
  }
  return cell;
}

// Length of a thousands space or apostrophe at the front: ' ', "'", no-break spaces, right quote.
size_t GroupMark(std::string_view text) {
  for (const std::string_view mark :
       {std::string_view(" "), std::string_view("'"), std::string_view("\xC2\xA0"),
        std::string_view("\xE2\x80\xAF"), std::string_view("\xE2\x80\x99")}) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

bool ThreeDigits(std::string_view text) {
  return text.size() >= 3 && IsAsciiDigit(text[0]) && IsAsciiDigit(text[1]) &&
         IsAsciiDigit(text[2]) && (text.size() == 3 || !IsAsciiDigit(text[3]));
}

bool TakeSign(std::string_view& cell, bool* is_negative) {
  if (cell.starts_with("\xE2\x88\x92")) {  // U+2212
    cell.remove_prefix(3);
    *is_negative = true;
    return true;
  }
  if (!cell.starts_with('-') && !cell.starts_with('+')) return false;
  *is_negative = cell[0] == '-';
  cell.remove_prefix(1);
  return true;
}

std::optional<Shape> TakeApart(std::string_view cell) {
  Shape shape;
  cell = Trim(cell);
  const bool had_sign = TakeSign(cell, &shape.is_negative);
  cell = DropCurrency(Trim(cell));
  if (!had_sign) TakeSign(cell, &shape.is_negative);
  if (cell.empty() || !(IsAsciiDigit(cell[0]) || cell[0] == '.' || cell[0] == ','))
    return std::nullopt;
  while (!cell.empty()) {
    const size_t mark = GroupMark(cell);
    if (mark > 0) {
      if (!ThreeDigits(cell.substr(mark)) || shape.body.empty()) return std::nullopt;
      cell.remove_prefix(mark);
      shape.had_groups = true;
    } else if (IsAsciiDigit(cell[0]) || cell[0] == ',' || cell[0] == '.') {
      shape.body += cell[0];
      cell.remove_prefix(1);
    } else if (cell[0] == 'e' || cell[0] == 'E') {
      shape.exponent = cell;
      shape.exponent[0] = 'e';
      const std::string_view digits =
          std::string_view(shape.exponent)
              .substr(shape.exponent.size() > 1 && !IsAsciiDigit(shape.exponent[1]) ? 2 : 1);
      const bool signed_ok = shape.exponent.size() < 2 || IsAsciiDigit(shape.exponent[1]) ||
                             shape.exponent[1] == '-' || shape.exponent[1] == '+';
      if (!signed_ok || digits.empty() || digits.size() > 3 ||
          !std::all_of(digits.begin(), digits.end(), IsAsciiDigit)) {
        return std::nullopt;
      }
      return shape;
    } else {
      return std::nullopt;
    }
  }
  return shape;
}

// "1234.50" from a body, read with this decimal sign; nothing when it does not fit.
std::optional<std::string> ReadAs(const Shape& shape, char decimal) {
  const char group = decimal == '.' ? ',' : '.';
  const std::string& body = shape.body;
  const size_t point = body.find(decimal);
  const std::string_view whole = std::string_view(body).substr(0, point);
  std::string_view fraction;
  if (point != std::string::npos) {
    fraction = std::string_view(body).substr(point + 1);
    if (fraction.find_first_of(",.") != std::string_view::npos) return std::nullopt;
  }
  std::string digits;
  size_t run = 0;
  bool grouped = false;
  for (const char c : whole) {
    if (c == group) {
      if (shape.had_groups || (grouped ? run != 3 : run < 1 || run > 3)) return std::nullopt;
      grouped = true;
      run = 0;
      continue;
    }
    digits += c;
    ++run;
  }
  if (grouped && run != 3) return std::nullopt;
  if (digits.empty() && fraction.empty()) return std::nullopt;
  if (digits.empty()) digits = "0";
  if (!fraction.empty()) digits += "." + std::string(fraction);
  return digits;
}

// What a cell says about the decimal sign of its column.
enum class Says { kNothing, kPoint, kComma, kUnclear };

Says WhatItSays(const Shape& shape) {
  const bool as_point = ReadAs(shape, '.').has_value();
  const bool as_comma = ReadAs(shape, ',').has_value();
  if (as_point && as_comma) {
    return shape.body.find_first_of(",.") == std::string::npos ? Says::kNothing : Says::kUnclear;
  }
  if (as_point) return Says::kPoint;
  return as_comma ? Says::kComma : Says::kNothing;
}

struct Decision {
  char decimal = '.';
  bool keep_unclear = true;  // read "1.234" and "1,234" with the column's decimal sign
  bool is_mixed = false;
};

// What the cells of a column say together.
struct Evidence {
  int n_point = 0;
  int n_comma = 0;
  bool unclear_comma = false;  // there is a "1,234"
  bool unclear_point = false;  // there is a "1.234"
};

Decision Decide(const Evidence& evidence, char separator) {
  Decision decision;
  if (evidence.n_point > 0 && evidence.n_comma > 0) {
    decision.is_mixed = true;
    decision.keep_unclear = false;
  } else if (evidence.n_comma > 0) {
    decision.decimal = ',';
  } else if (evidence.n_point == 0) {
    // No cell helps. In a file that separates by commas, "1,234" was quoted for a reason and is a
    // thousand; "1.234" is the decimal it looks like. Files that separate by ';' come from where
    // the signs are the other way round, so there neither is certain.
    const bool both = evidence.unclear_comma && evidence.unclear_point;
    decision.keep_unclear =
        !both && separator != ';' && (separator == ',' || !evidence.unclear_comma);
  }
  return decision;
}

// Fits `text` ("-1234.5") into an exact integer of that scale.
std::optional<int64_t> Scaled(std::string_view text, int scale) {
  const size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  digits += fraction;
  digits.append(static_cast<size_t>(scale) - fraction.size(), '0');
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

int DecimalsOf(std::string_view text) {
  const size_t point = text.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

// Fills values, scale and unscaled from plain texts ("" where the cell is no number).
void Convert(const std::vector<std::string>& texts, NumberColumn* column) {
  int scale = 0;
  for (const std::string& text : texts) {
    if (text.find('e') != std::string::npos) {
      column->is_exact = false;
    } else {
      scale = std::max(scale, DecimalsOf(text));
    }
  }
  if (scale > kMaxScale) column->is_exact = false;
  column->scale = scale;
  // Sums of all cells must fit too.
  const int64_t limit =
      std::numeric_limits<int64_t>::max() / static_cast<int64_t>(std::max<size_t>(texts.size(), 1));
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!column->is_number[i]) continue;
    const std::string& text = texts[i];
    std::from_chars(text.data(), text.data() + text.size(), column->values[i]);
    if (!column->is_exact) continue;
    const auto scaled = Scaled(text, scale);
    if (scaled && *scaled <= limit && *scaled >= -limit) {
      column->unscaled[i] = *scaled;
    } else {
      column->is_exact = false;
    }
  }
}

std::string NoteFor(const Decision& decision, bool used_group, char separator) {
  if (decision.is_mixed) return "some cells have a decimal comma, others a decimal point";
  if (decision.decimal == ',') return "decimal commas";
  if (used_group && separator == ',') return "commas read as thousands";
  return {};
}

}  // namespace

NumberColumn ReadNumbers(const std::vector<std::string_view>& cells, char separator) {
  NumberColumn column;
  column.is_number.assign(cells.size(), false);
  column.unscaled.assign(cells.size(), 0);
  column.values.assign(cells.size(), 0);
  std::vector<std::optional<Shape>> shapes;
  std::vector<Says> says;
  Evidence evidence;
  bool used_group = false;
  for (const std::string_view cell : cells) {
    shapes.push_back(TakeApart(cell));
    says.push_back(shapes.back() ? WhatItSays(*shapes.back()) : Says::kNothing);
    evidence.n_point += says.back() == Says::kPoint ? 1 : 0;
    evidence.n_comma += says.back() == Says::kComma ? 1 : 0;
    const bool has_comma = shapes.back() && shapes.back()->body.find(',') != std::string::npos;
    if (says.back() == Says::kUnclear) {
      (has_comma ? evidence.unclear_comma : evidence.unclear_point) = true;
    }
    used_group = used_group || has_comma;
  }
  const Decision decision = Decide(evidence, separator);
  std::vector<std::string> texts(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!shapes[i]) {
      const bool is_empty = Trim(cells[i]).empty();
      (is_empty ? column.n_empty : column.n_text) += 1;
      if (!is_empty && column.example_text.empty()) column.example_text = Trim(cells[i]);
      continue;
    }
    if (says[i] == Says::kUnclear && !decision.keep_unclear) {
      ++column.n_ambiguous;
      continue;
    }
    char decimal = decision.decimal;
    if (says[i] == Says::kPoint) decimal = '.';
    if (says[i] == Says::kComma) decimal = ',';
    const auto text = ReadAs(*shapes[i], decimal);
    if (!text) {
      ++column.n_text;
      if (column.example_text.empty()) column.example_text = Trim(cells[i]);
      continue;
    }
    texts[i] = (shapes[i]->is_negative ? "-" : "") + *text + shapes[i]->exponent;
    column.is_number[i] = true;
    ++column.n_numbers;
  }
  Convert(texts, &column);
  column.note = NoteFor(decision, used_group, separator);
  return column;
}

}  // namespace weir::tools
