// A body made of an alert: text with placeholders over the keys of the alert's JSON. `{{reason}}` inside a JSON string of the
// template is the value as text, escaped; outside of one it is the value as JSON, quotes and all; so a template that is JSON
// gives JSON, whatever the alert holds. `{{text reason}}` is the text as it is, for bodies that are no JSON; `{{alert}}` is
// the whole alert. Members of an object: `{{group.user}}`. As text, lists are joined by ", " and null is nothing.
// Immutable after parse(); any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

class AlertTemplate {
 public:
  // Errors name the place in the template: an unknown key, a placeholder that does not end.
  [[nodiscard]] static Result<AlertTemplate> parse(std::string_view text);

  // json: an alert's line. An error: it is no JSON object.
  [[nodiscard]] Result<std::string> render(std::string_view json) const;

 private:
  enum class Form : std::uint8_t { literal, json, escaped, text };
  struct Part {
    Form form = Form::literal;
    std::string text;  // the literal, or the key
    std::string member = {};
  };
  [[nodiscard]] static Result<Part> parse_placeholder(std::string_view inside, bool in_string);
  std::vector<Part> parts_;
};

}  // namespace vedette::connectors
