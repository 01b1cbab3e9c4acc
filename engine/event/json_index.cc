#include "engine/event/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>

namespace vedette::event {

class JsonIndex::Impl {
 public:
  bool build(std::string_view json, JsonDoc& doc, Flaw& flaw) {
    if (!parser_ || parser_->capacity() < json.size()) {
      if (!grow(json.size())) {
        flaw = {"size", "too long to index", 0};
        return false;
      }
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(json.data());
    const simdjson::error_code error = parser_->stage1(bytes, json.size(), simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
      flaw = error == simdjson::EMPTY ? Flaw{"json", "empty", 0} : find_flaw(json);
      return false;
    }
    doc = {json.data(), json.size(), parser_->structural_indexes.get(), parser_->n_structural_indexes};
    return true;
  }

 private:
  bool grow(std::size_t bytes) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(bytes, 16 * 1024));
    parser_.reset();
    return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser_) == simdjson::SUCCESS;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

JsonIndex::JsonIndex() : impl_(std::make_unique<Impl>()) {}
JsonIndex::~JsonIndex() = default;
JsonIndex::JsonIndex(JsonIndex&&) noexcept = default;
bool JsonIndex::build(std::string_view json, JsonDoc& doc, Flaw& flaw) { return impl_->build(json, doc, flaw); }

bool utf8_ok(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace vedette::event
