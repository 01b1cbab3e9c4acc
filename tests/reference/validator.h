// A JSON Schema validator for the keywords that our schemas use, over located YAML trees: JSON is YAML, so schemas and
// documents are read alike. An unknown keyword is a failure, so that none is silently ignored. Test code only.
#pragma once

#include <string>
#include <vector>

#include "rules/yaml/node.h"

namespace vedette::tests {

class Validator {
 public:
  // `schema`: JSON text. Throws std::runtime_error when it is not well-formed.
  explicit Validator(const std::string& schema);

  // What is wrong with the document, innermost first; empty when it is valid.
  [[nodiscard]] std::vector<std::string> check(const vedette::yaml::Node& document) const;

 private:
  vedette::yaml::Node root_;
};

}  // namespace vedette::tests
